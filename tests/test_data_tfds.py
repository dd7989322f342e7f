"""MNIST as a TFDS dataset: what is written is what plain TFDS reads."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow_datasets as tfds

from helpers import LabError
from helpers.data import Mnist, prepare_mnist
from helpers.data import tfds as tfds_mnist


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    calls = []

    def refuse(*address, **_):
        calls.append(address)
        raise OSError("the network is out of bounds")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    yield
    assert calls == []


def noise(train: int = 300, test: int = 60, source: str = "noise") -> Mnist:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (train + test, 28, 28), dtype=np.uint8)
    labels = rng.integers(0, 10, train + test)
    return Mnist(images[:train], labels[:train], images[train:], labels[train:], source)


@pytest.fixture(scope="module")
def digits() -> Mnist:
    return noise()


@pytest.fixture(scope="module")
def folder(digits, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tfds")
    prepare_mnist(digits, folder)
    return folder


def read(folder, source: str = "noise", split: str = "train"):
    return tfds.data_source("mnist", split=split, data_dir=folder / source, download=False)


def test_features_and_splits_are_those_of_tfds(folder):
    info = tfds.builder("mnist", data_dir=folder / "noise").info
    assert info.full_name == "mnist/3.0.1"
    assert info.supervised_keys == ("image", "label")
    assert set(info.features) == {"image", "label"}
    assert info.features["image"].shape == (28, 28, 1)
    assert info.features["image"].np_dtype == np.uint8
    assert info.features["label"].shape == ()
    assert info.features["label"].np_dtype == np.int64
    assert info.features["label"].num_classes == 10
    assert {name: split.num_examples for name, split in info.splits.items()} == {
        "train": 300,
        "test": 60,
    }


@pytest.mark.parametrize("split", ["train", "test"])
def test_pixels_and_labels_come_back_exactly(digits, folder, split):
    images, labels = digits[:2] if split == "train" else digits[2:4]
    written = {image.tobytes(): label for image, label in zip(images, labels, strict=True)}
    examples = list(read(folder, split=split))
    assert len(examples) == len(labels)
    assert {e["image"].tobytes(): e["label"] for e in examples} == written
    assert {(e["image"].shape, e["image"].dtype.name) for e in examples} == {((28, 28, 1), "uint8")}


def test_any_order_reads_the_same_examples(folder):
    train = read(folder)
    in_order = [example["image"] for example in train]
    order = np.random.default_rng(1).permutation(len(train))
    for position in order[:50]:
        np.testing.assert_array_equal(train[position]["image"], in_order[position])
    for example, position in zip(train.__getitems__(order.tolist()), order, strict=True):
        np.testing.assert_array_equal(example["image"], in_order[position])


def test_a_second_call_reuses_the_first(digits, folder, monkeypatch, capfd):
    def write_again(_):
        raise AssertionError("prepared twice")

    monkeypatch.setattr(tfds_mnist, "_prepare", write_again)
    assert prepare_mnist(digits, folder).info.splits["train"].num_examples == 300
    assert capfd.readouterr() == ("", "")


def test_sources_are_kept_apart(tmp_path):
    prepare_mnist(noise(20, 10, "MNIST"), tmp_path)
    prepare_mnist(noise(30, 10, "generated"), tmp_path)
    assert len(read(tmp_path, "MNIST")) == 20
    assert len(read(tmp_path, "generated")) == 30


def test_an_interrupted_preparation_leaves_nothing(digits, tmp_path, monkeypatch):
    def interrupt(image):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(tfds_mnist.Image, "fromarray", interrupt)
        with pytest.raises(KeyboardInterrupt):
            prepare_mnist(digits, tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    prepare_mnist(digits, tmp_path)
    assert len(read(tmp_path)) == 300


def test_what_a_killed_preparation_left_is_not_trusted(digits, tmp_path):
    leftover = tmp_path / "noise" / "mnist" / "incomplete.ABCDEF_3.0.1"
    leftover.mkdir(parents=True)
    (leftover / "mnist-train.array_record-00000-of-00001").write_bytes(b"half a file")
    at_work = leftover.with_name("incomplete.FEDCBA_3.0.1")  # another process, perhaps
    at_work.mkdir()
    os.utime(leftover, (0, 0))
    prepare_mnist(digits, tmp_path)
    assert len(read(tmp_path)) == 300
    assert not leftover.exists() and at_work.exists()


PREPARE = """
import sys, time
from pathlib import Path
import numpy as np
from helpers.data import Mnist, prepare_mnist
from helpers.data import tfds as tfds_mnist

folder, me, other = Path(sys.argv[1]), *sys.argv[2:]
write = tfds_mnist.MnistBuilder._generate_examples

def wait_for_the_other(self, split, *digits):
    (folder / me).touch()
    while not (folder / other).exists():
        time.sleep(0.01)
    return write(self, split, *digits)

tfds_mnist.MnistBuilder._generate_examples = wait_for_the_other
images, labels = np.zeros((300, 28, 28), np.uint8), np.arange(300) % 10
builder = prepare_mnist(Mnist(images, labels, images[:60], labels[:60], "noise"), folder)
assert builder.info.splits["train"].num_examples == 300
"""


@pytest.mark.slow
def test_two_processes_that_prepare_the_same_digits_both_end_well(tmp_path):
    command = [sys.executable, "-c", PREPARE, str(tmp_path)]
    names = ("first", "second")
    processes = [
        subprocess.Popen([*command, *order], stderr=subprocess.PIPE, text=True)
        for order in (names, names[::-1])
    ]
    said = [process.communicate(timeout=100)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    assert len(read(tmp_path)) == 300 and len(read(tmp_path, split="test")) == 60
    assert [path.name for path in (tmp_path / "noise" / "mnist").iterdir()] == ["3.0.1"]


@pytest.mark.parametrize(
    "content", ["", "[1]", '{"name": ' + "[" * 100_000, '{"version": "9.9.9"}']
)
def test_a_damaged_description_is_one_sentence(digits, tmp_path, content):
    builder = prepare_mnist(digits, tmp_path)
    (Path(builder.data_path) / "dataset_info.json").write_text(content)
    with pytest.raises(LabError, match=r"noise is damaged \(.*\): delete it and run again\.$"):
        prepare_mnist(digits, tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        {"source": "../elsewhere"},
        {"source": ""},
        {"train_labels": np.zeros(3)},
        {"train_labels": np.full(300, 10)},
        {"test_images": np.zeros((60, 8, 8), np.uint8)},
    ],
)
def test_what_are_no_digits_is_refused_before_anything_is_written(digits, tmp_path, change):
    with pytest.raises(LabError, match=r"source|labels|images"):
        prepare_mnist(digits._replace(**change), tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_folder_with_other_digits_is_refused(folder):
    with pytest.raises(LabError, match="does not hold these digits: delete it"):
        prepare_mnist(noise(train=100), folder)


def test_a_folder_that_cannot_be_made_is_one_sentence(digits, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LabError, match=r"file/noise could not be written: Not a directory\.$"):
        prepare_mnist(digits, tmp_path / "file")


def test_a_full_disk_is_one_sentence(digits, tmp_path, monkeypatch):
    def full(self, split, images, labels):
        raise RuntimeError("write() failed: No space left on device")
        yield

    monkeypatch.setattr(tfds_mnist.MnistBuilder, "_generate_examples", full)
    with pytest.raises(LabError, match=r"could not be written: .*No space left on device"):
        prepare_mnist(digits, tmp_path)


def test_progress_is_seen_and_names_no_folder(digits, tmp_path, capfd):
    prepare_mnist(digits, tmp_path)
    out, err = capfd.readouterr()
    assert out == ""
    assert "train split to TFDS" in err
    assert str(tmp_path) not in err


def test_tensorflow_is_not_imported(folder):
    read(folder)[0]
    assert "tensorflow" not in sys.modules
