"""MNIST from a folder, from the cache, from the network, and its stand-in without one."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch
from hostile import DAMAGES, assert_one_sentence

from helpers import LabError, files
from helpers.cnn import DigitCNN, distort_more, fit
from helpers.data import generate_digits, mnist_files
from helpers.data import mnist as data
from helpers.recogniser import evaluate

ORIGINAL = os.environ.get("MNIST_DIR")
NAMES = list(mnist_files.FILES)
needs_files = pytest.mark.skipif(
    not ORIGINAL, reason="MNIST_DIR does not name the four original files"
)


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """A copy of the original files, named by $MNIST_DIR."""
    copy = tmp_path / "original"
    shutil.copytree(ORIGINAL, copy)
    copy.chmod(0o755)
    for path in copy.iterdir():
        path.chmod(0o644)
    monkeypatch.setenv("MNIST_DIR", str(copy))
    return copy


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    """An empty cache and no $MNIST_DIR."""
    monkeypatch.delenv("MNIST_DIR", raising=False)
    monkeypatch.setattr(data, "CACHE", tmp_path / "data" / "mnist.npz")
    return data.CACHE


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@contextlib.contextmanager
def serving(*folders: Path, handler: type = Quiet) -> Iterator[tuple[str, ...]]:
    """The addresses of mirrors of MNIST, a server for each folder; afterwards they are gone."""
    servers = [
        ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder)))
        for folder in folders
    ]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield tuple(f"http://127.0.0.1:{server.server_port}/" for server in servers)
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()


def tiny(n: int = 3) -> data.Mnist:
    images, labels = np.full((n, 28, 28), 7, np.uint8), np.arange(n)
    return data.Mnist(images, labels, images, labels, "MNIST")


def test_mnist_is_mnist(mnist):
    assert mnist.train_images.shape == (60_000, 28, 28) and mnist.train_images.dtype == np.uint8
    assert mnist.test_images.shape == (10_000, 28, 28) and mnist.test_labels.dtype == np.int64
    assert mnist.train_labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert np.bincount(mnist.test_labels).tolist() == [
        *(980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009)
    ]
    corners = mnist.train_images[:, [0, 0, -1, -1], [0, -1, 0, -1]]
    assert corners.max() == 0 and mnist.train_images.max() == 255  # ink 255 on paper 0


def test_the_validation_split_is_the_end_of_the_training_set(mnist):
    images, labels, validation_images, validation_labels = mnist.split()
    assert len(images) == len(labels) == 55_000
    assert np.array_equal(validation_images, mnist.train_images[-5_000:])
    assert np.array_equal(validation_labels, mnist.train_labels[-5_000:])


@needs_files
@pytest.mark.parametrize(
    ("damage", "words"),
    [
        *zip(
            DAMAGES, ("is missing", "truncated", "not a gzip file", "another checksum"), strict=True
        )
    ],
)
@pytest.mark.parametrize("name", [NAMES[1], NAMES[2]])
def test_a_damaged_folder_is_refused(folder, damage, words, name):
    damage(folder / name)
    with pytest.raises(LabError, match=words) as caught:
        data.load_mnist()
    assert_one_sentence(caught.value, folder / name)


def test_a_folder_without_the_files_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("MNIST_DIR", str(tmp_path))
    with pytest.raises(LabError, match="four original") as caught:
        data.load_mnist()
    assert_one_sentence(caught.value)


@needs_files
def test_the_download_is_checked_cached_and_leaves_nothing_else(cache, monkeypatch, mnist, capsys):
    with serving(Path(ORIGINAL)) as mirrors:
        monkeypatch.setattr(mnist_files, "MIRRORS", mirrors)
        data.load_mnist()
    assert "Downloading" in capsys.readouterr().out
    assert [path.name for path in cache.parent.iterdir()] == ["mnist.npz"]
    again = data.load_mnist()  # the server is gone: this is the cache
    assert again.source == "MNIST"
    for name in ("train_images", "train_labels", "test_images", "test_labels"):
        assert np.array_equal(getattr(again, name), getattr(mnist, name))


@needs_files
def test_a_mirror_with_damaged_files_is_refused(cache, folder, monkeypatch):
    (folder / NAMES[3]).write_bytes(b"<html>")
    monkeypatch.delenv("MNIST_DIR")
    with serving(folder, Path(ORIGINAL)) as mirrors:
        monkeypatch.setattr(mnist_files, "MIRRORS", mirrors[:1])
        with pytest.raises(LabError, match="could not be downloaded") as caught:
            data.load_mnist()
        assert_one_sentence(caught.value)
        assert list(cache.parent.iterdir()) == []
        nobody = "http://127.0.0.1:9/"
        monkeypatch.setattr(mnist_files, "MIRRORS", (nobody, *mirrors))  # the last one is sound
        assert len(data.load_mnist().test_labels) == 10_000


@needs_files
def test_a_mirror_that_stalls_is_given_up(cache, monkeypatch):
    over, waited_to_the_end = threading.Event(), threading.Event()

    class Stalls(Quiet):
        def copyfile(self, source, outputfile):
            outputfile.write(source.read(1000))
            outputfile.flush()
            if not over.wait(timeout=20):
                waited_to_the_end.set()

    monkeypatch.setattr(mnist_files, "PATIENCE", 0.3)
    with serving(Path(ORIGINAL), handler=Stalls) as mirrors:
        monkeypatch.setattr(mnist_files, "MIRRORS", mirrors)
        with pytest.raises(LabError, match=r"could not be downloaded \(timed out\)"):
            data.load_mnist()
        assert not waited_to_the_end.is_set()
        over.set()


DOWNLOAD = """
import sys
from pathlib import Path
from helpers.data import mnist, mnist_files

mnist.CACHE, mnist_files.MIRRORS = Path(sys.argv[1]), sys.argv[2:]
assert len(mnist.load_mnist().train_images) == 60_000
assert "torch" not in sys.modules  # whose import takes seconds
"""


@pytest.mark.slow
@needs_files
def test_two_processes_that_download_both_end_well(cache, monkeypatch, mnist):
    both = threading.Barrier(2)

    class Meet(Quiet):
        def do_GET(self):
            if "train-images" in self.path:  # neither is done before the other has begun
                both.wait(timeout=60)
            super().do_GET()

    with serving(Path(ORIGINAL), handler=Meet) as mirrors:
        command = [sys.executable, "-c", DOWNLOAD, str(cache), *mirrors]
        processes = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(2)]
        said = [process.communicate(timeout=100)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    assert [path.name for path in cache.parent.iterdir()] == ["mnist.npz"]
    assert np.array_equal(data.load_mnist().train_images, mnist.train_images)


def go_offline(monkeypatch) -> None:
    def no_such_host(*_, **__):
        raise socket.gaierror("Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_such_host)


def test_offline_the_digits_are_generated_and_it_is_said(cache, monkeypatch, capsys):
    monkeypatch.setattr(data, "generate_digits", partial(generate_digits, 300, 100))
    go_offline(monkeypatch)
    digits = data.load_mnist()
    assert digits.source == "generated"
    said, progress = capsys.readouterr()
    assert said.startswith("MNIST could not be downloaded: these digits are generated.")
    assert said.count("\n") == 1
    assert "Drawing" in progress
    assert digits.train_images.shape == (300, 28, 28) and digits.test_images.dtype == np.uint8
    assert digits.train_labels.dtype == np.int64
    assert np.bincount(np.r_[digits.train_labels, digits.test_labels]).tolist() == [40] * 10
    assert not cache.exists(), "generated digits are never taken for MNIST"


def test_generated_digits_are_the_same_every_time_and_kept(cache, monkeypatch):
    monkeypatch.setattr(data, "generate_digits", partial(generate_digits, 300, 100))
    go_offline(monkeypatch)
    once = data.load_mnist()
    for before, after in zip(once[:4], generate_digits(300, 100), strict=True):
        assert np.array_equal(before, after)
    monkeypatch.setattr(data, "generate_digits", None)  # from now on they come from the cache
    assert np.array_equal(data.load_mnist().train_images, once.train_images)
    monkeypatch.setattr(data, "generate_digits", partial(generate_digits, 200, 100))
    monkeypatch.setattr(data, "checksum", lambda: "another generator")
    assert len(data.load_mnist().train_images) == 200


@pytest.mark.slow
def test_who_learns_from_generated_digits_reads_real_ones(mnist):
    images, labels, test_images, _ = generate_digits()
    assert images.shape == (60_000, 28, 28) and test_images.shape == (10_000, 28, 28)
    torch.manual_seed(0)
    model = DigitCNN()
    fit(model, images, labels, epochs=1, full_epochs=1, augment=distort_more)
    assert evaluate(model, mnist.test_images, mnist.test_labels) >= 0.98


def test_a_network_that_swallows_everything_is_given_up():
    """A server that accepts and never answers: without our time-out this hangs for ever."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        addresses = [f"http://127.0.0.1:{port}/a", f"http://127.0.0.1:{port}/b"]
        assert not mnist_files.any_answers(addresses, seconds=0.5)


@pytest.mark.parametrize("content", [b"", b"not a zip file", b"PK\x03\x04 truncated"])
def test_a_damaged_cache_is_refused(cache, content):
    files.write_atomically(cache, content)
    assert_cache_is_refused("is damaged")


def assert_cache_is_refused(words: str) -> None:
    with pytest.raises(LabError, match=words) as caught:
        data.load_mnist()
    assert_one_sentence(caught.value, data.CACHE)


def test_a_truncated_cache_is_refused(cache):
    np.savez(files.write_atomically(cache, b""), **tiny()._asdict())
    files.write_atomically(cache, cache.read_bytes()[:-30])
    assert_cache_is_refused("delete it")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"train_labels": np.arange(2)}, "2 labels for images of shape"),
        ({"train_labels": np.arange(3)[:, None]}, "3 labels for images of shape"),
        ({"test_labels": np.arange(-1, 2)}, "labels must lie in 0..9"),
        ({"test_labels": np.array([0, 99, 1])}, "labels must lie in 0..9"),
        ({"test_labels": np.arange(3.0)}, "labels must be whole numbers"),
        ({"test_labels": np.array([0, 1, None])}, "Object arrays"),
        ({"train_images": np.zeros((3, 28, 28))}, "images must be uint8"),
        ({"train_images": np.zeros((3, 8, 8), np.uint8)}, "3 labels for images of shape"),
        ({"source": "../elsewhere"}, "source"),
        ({"source": "generated"}, "source"),
    ],
)
def test_what_is_not_mnist_is_not_taken_from_the_cache(cache, change, words):
    np.savez(files.write_atomically(cache, b""), **tiny()._replace(**change)._asdict())
    assert_cache_is_refused(words)


def test_labels_of_another_width_are_taken_from_the_cache(cache):
    labels = np.arange(3, dtype=">i2")
    np.savez(files.write_atomically(cache, b""), **tiny()._replace(test_labels=labels)._asdict())
    assert data.load_mnist().test_labels.dtype == np.int64


def test_a_bomb_a_pipe_and_an_endless_file_are_no_cache(cache):
    images = np.zeros((100_000, 28, 28), np.uint8)
    np.savez_compressed(files.write_atomically(cache, b""), train_images=images)
    assert_cache_is_refused("unpacks to more than 64 MB")
    cache.unlink()
    os.mkfifo(cache)
    assert_cache_is_refused("is not a file")
    cache.unlink()
    with open(cache, "wb") as file:
        file.truncate(10**12)  # takes no room on the disk
    assert_cache_is_refused("larger than 64 MB")


@pytest.mark.parametrize("numbers", [(0, 5), (5, -1), (2.5, 5), ("5", 5)])
def test_only_whole_numbers_of_digits_are_generated(numbers):
    with pytest.raises(LabError, match=r"n_.* must be a whole number, at least 1"):
        generate_digits(*numbers)


def test_a_folder_that_cannot_be_written_is_said(cache, monkeypatch):
    cache.parent.write_text("a file where the folder should be")
    monkeypatch.setattr(mnist_files, "any_answers", lambda _: True)
    with pytest.raises(LabError, match="cannot be written") as caught:
        data.load_mnist()
    assert_one_sentence(caught.value)
