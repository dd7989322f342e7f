"""Fashion-MNIST and CIFAR-10 from a folder, from the cache, and where there is no network."""

import contextlib
import os
import shutil
import socket
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from hostile import DAMAGES, assert_one_sentence

from helpers import LabError
from helpers.data import images as data
from helpers.data import load_images

FOLDERS = {name: os.environ.get(source.variable) for name, source in data.SOURCES.items()}
needs_fashion, needs_cifar10 = (
    pytest.mark.skipif(not folder, reason=f"no environment variable names the files of {name}")
    for name, folder in FOLDERS.items()
)


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    """The folder of the cache, empty, and no environment variable that names another."""
    for source in data.SOURCES.values():
        monkeypatch.delenv(source.variable, raising=False)
    monkeypatch.setattr(data, "DATA", tmp_path / "data")
    return data.DATA


@needs_fashion
def test_fashion_is_clothes_in_the_form_of_mnist():
    fashion = load_images("fashion")
    assert fashion.train_images.shape == (60_000, 28, 28)
    assert fashion.test_images.shape == (10_000, 28, 28)
    assert fashion.train_images.dtype == np.uint8 and fashion.train_labels.dtype == np.int64
    assert fashion.source == "Fashion-MNIST" and len(fashion.class_names) == 10
    assert [fashion.class_names[label] for label in fashion.train_labels[:4]] == [
        *("boot", "T-shirt", "T-shirt", "dress")
    ]
    assert np.bincount(fashion.test_labels).tolist() == [1000] * 10
    assert [len(part) for part in fashion.split()] == [55_000, 55_000, 5_000, 5_000]


@needs_cifar10
def test_cifar10_is_photographs_in_colour():
    photographs = load_images("cifar10")
    assert photographs.train_images.shape == (50_000, 32, 32, 3)
    assert photographs.test_images.shape == (10_000, 32, 32, 3)
    assert photographs.train_images.dtype == np.uint8 and photographs.test_labels.dtype == np.int64
    assert photographs.source == "CIFAR-10"
    assert [photographs.class_names[label] for label in photographs.train_labels[:3]] == [
        *("frog", "lorry", "lorry")
    ]
    assert np.bincount(photographs.test_labels).tolist() == [1000] * 10
    red, _, blue = photographs.train_images[:1000].mean((0, 1, 2))
    assert red > blue + 10  # more earth than sky


def test_mnist_is_what_load_mnist_gives(mnist):
    found = load_images("mnist")
    assert isinstance(found, data.ImageSet) and found.class_names == list("0123456789")
    assert np.array_equal(found.test_images, mnist.test_images)


@pytest.mark.parametrize("name", ["MNIST", "imagenet", "", None, "../fashion"])
def test_other_names_are_refused(name):
    with pytest.raises(LabError, match="name must be") as caught:
        load_images(name)
    assert_one_sentence(caught.value)


@needs_fashion
@pytest.mark.parametrize(
    ("damage", "words"),
    [*zip(DAMAGES, ("is missing", *3 * ["does not hold"]), strict=True)],
)
def test_a_damaged_folder_of_fashion_is_refused(tmp_path, monkeypatch, damage, words):
    monkeypatch.setenv("FASHION_MNIST_DIR", str(tmp_path))
    for name in data.FASHION:
        shutil.copyfile(Path(FOLDERS["fashion"], name), tmp_path / name)
    broken = tmp_path / "t10k-labels-idx1-ubyte.gz"
    damage(broken)
    with pytest.raises(LabError, match=words) as caught:
        load_images("fashion")
    assert_one_sentence(caught.value, broken)


@needs_cifar10
def test_a_damaged_folder_of_cifar10_is_refused_before_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setenv("CIFAR10_DIR", str(tmp_path))
    batches = tmp_path / "cifar-10-batches-py"
    shutil.copytree(Path(FOLDERS["cifar10"], batches.name), batches)
    (batches / "data_batch_3").write_bytes(b"cos\nabort\n(tR.")  # a pickle that ends Python
    with pytest.raises(LabError, match="original files") as caught:
        load_images("cifar10")
    assert_one_sentence(caught.value, tmp_path)
    monkeypatch.setenv("CIFAR10_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(LabError, match="has no cifar-10-batches-py"):
        load_images("cifar10")


@pytest.mark.parametrize("name", data.SOURCES)
def test_without_a_network_one_sentence_says_so(cache, monkeypatch, name):
    def no_such_host(*_, **__):
        raise socket.gaierror("Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_such_host)
    with pytest.raises(LabError, match=f"no network.*{data.SOURCES[name].variable}") as caught:
        load_images(name)
    assert_one_sentence(caught.value)
    assert list(cache.iterdir()) == []


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@contextlib.contextmanager
def mirror(monkeypatch, folder: Path, handler: type = Quiet):
    """A server that has the files of a folder, as the only mirror of Fashion-MNIST."""
    dataset = data._torchvision_dataset("FashionMNIST")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(dataset, "mirrors", [f"http://127.0.0.1:{server.server_port}/"])
    sums = [(name, data.md5_sum((folder / name).read_bytes())) for name in data.FASHION]
    monkeypatch.setattr(dataset, "resources", sums)  # those of the files as they are packed here
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


@needs_fashion
def test_a_download_is_cached_and_leaves_nothing_else(cache, monkeypatch, capsys):
    monkeypatch.setenv("FASHION_MNIST_DIR", FOLDERS["fashion"])
    wanted = load_images("fashion")
    monkeypatch.delenv("FASHION_MNIST_DIR")
    with mirror(monkeypatch, Path(FOLDERS["fashion"])):
        found = load_images("fashion")
    assert "Downloading Fashion-MNIST" in capsys.readouterr().out
    assert [path.name for path in cache.iterdir()] == ["fashion.npz"]
    again = load_images("fashion")  # the server is gone: this is the cache
    for name in wanted._fields:
        assert np.array_equal(getattr(found, name), getattr(wanted, name))
        assert np.array_equal(getattr(again, name), getattr(wanted, name))


@needs_fashion
def test_a_damaged_download_and_one_that_stalls_are_given_up(cache, monkeypatch, tmp_path):
    over = threading.Event()

    class Stalls(Quiet):
        def copyfile(self, source, outputfile):
            outputfile.write(source.read(1000))
            outputfile.flush()
            over.wait(timeout=20)

    with mirror(monkeypatch, Path(FOLDERS["fashion"]), Stalls):
        monkeypatch.setattr(data, "PATIENCE", 0.3)
        with pytest.raises(LabError, match="could not be downloaded") as caught:
            load_images("fashion")
        over.set()
    assert_one_sentence(caught.value)
    with mirror(monkeypatch, Path(FOLDERS["fashion"])):
        dataset = data._torchvision_dataset("FashionMNIST")
        monkeypatch.setattr(dataset, "resources", [(name, "0" * 32) for name in data.FASHION])
        with pytest.raises(LabError, match="could not be downloaded") as caught:
            load_images("fashion")
    assert_one_sentence(caught.value)
    assert list(cache.iterdir()) == [] and socket.getdefaulttimeout() is None


@pytest.mark.parametrize("shape", [(3, 28, 28), (3, 32, 32)])
def test_a_cache_of_other_pictures_is_refused(cache, shape):
    cache.mkdir()
    few = np.zeros(shape, np.uint8), np.arange(3)
    kept = data.ImageSet(*few, *few, "CIFAR-10")
    np.savez(cache / "cifar10.npz", **kept._asdict())
    with pytest.raises(LabError, match="delete it and run again") as caught:
        load_images("cifar10")
    assert_one_sentence(caught.value, cache / "cifar10.npz")
