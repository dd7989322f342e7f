"""Every file that comes in, damaged in 300 ways: what is taken is right, the rest is a sentence."""

import gzip
import hashlib
import json

import hostile
import numpy as np
import torch
from hostile_formats import rewrite_npz, rewrite_safetensors

from helpers.cnn import DigitCNN
from helpers.data import Mnist, load_handwriting, load_mnist, mnist, mnist_files
from helpers.gan import Generator
from helpers.mlp import MLP

IMAGES = np.random.default_rng(0).integers(0, 256, (6, 28, 28), dtype=np.uint8)
LABELS = np.arange(6)


def assert_survives(load, path, rewrite, valid) -> None:
    """Most of what is hostile is refused; what was not damaged is taken."""
    good = path.read_bytes()
    assert hostile.outcomes(load, path, [good], valid)["taken"] == 1
    count = hostile.outcomes(load, path, hostile.mutations(good, rewrite), valid)
    assert count["taken"] + count["refused"] == 300 and count["refused"] > 150, count


def is_sound(network) -> bool:
    state = network.state_dict()
    return not network.training and all(
        tensor.isfinite().all() and not ("running_var" in name and (tensor < 0).any())
        for name, tensor in state.items()
    )


def test_weights_of_the_cnn(tmp_path):
    torch.manual_seed(0)
    path = DigitCNN(width=2).save(tmp_path / "cnn.safetensors", source="MNIST", epochs=3)

    def reads(model):
        probabilities = model.predict_proba(IMAGES)
        return is_sound(model) and np.allclose(probabilities.sum(1), 1, atol=1e-3)

    assert_survives(lambda: DigitCNN.load(path), path, rewrite_safetensors, reads)


def test_weights_of_the_generator(tmp_path):
    torch.manual_seed(0)
    path = Generator(4, 2).save(tmp_path / "dcgan.safetensors", source="MNIST", epochs=3)

    def draws(model):
        return is_sound(model) and model.sample(LABELS).shape == (6, 28, 28)

    assert_survives(lambda: Generator.load(path), path, rewrite_safetensors, draws)


def test_the_numpy_network(tmp_path):
    model = MLP((784, 2, 10))
    model.training = {"epochs": 3, "source": "MNIST"}
    path = model.save(tmp_path / "mlp.json")

    def is_network(model):
        return (
            model.sizes[0] == 784 and model.sizes[-1] == 10 and np.isfinite(model.parameters).all()
        )

    assert_survives(lambda: MLP.load(path), path, hostile.rewrite_json, is_network)


def are_digits(digits: Mnist) -> bool:
    return digits.source == "MNIST" and all(
        images.dtype == np.uint8
        and images.shape == (len(labels), 28, 28)
        and images.flags.c_contiguous
        and labels.dtype == np.int64
        and np.isin(labels, range(10)).all()
        for images, labels in (digits[:2], digits[2:4])
    )


def test_the_cache_of_mnist(tmp_path, monkeypatch):
    monkeypatch.delenv("MNIST_DIR", raising=False)
    monkeypatch.setattr(mnist, "CACHE", path := tmp_path / "mnist.npz")
    np.savez(path, **Mnist(IMAGES, LABELS, IMAGES[:3], LABELS[:3], "MNIST")._asdict())
    assert_survives(load_mnist, path, rewrite_npz, are_digits)


def test_the_original_files_of_mnist(tmp_path, monkeypatch):
    packed = [
        gzip.compress(header + array.astype(np.uint8).tobytes(), mtime=0)
        for header, array in ((bytes(16), IMAGES), (bytes(8), LABELS)) * 2
    ]
    sums = [hashlib.md5(data).hexdigest() for data in packed]
    monkeypatch.setattr(mnist_files, "FILES", dict(zip(mnist_files.FILES, sums, strict=True)))
    monkeypatch.setenv("MNIST_DIR", str(tmp_path))
    for name, data in zip(mnist_files.FILES, packed, strict=True):
        (tmp_path / name).write_bytes(data)
    path = tmp_path / list(mnist_files.FILES)[2]
    assert_survives(load_mnist, path, hostile.rewrite_gzip(hostile.damage), are_digits)


def test_strangers_strokes(tmp_path, monkeypatch):
    monkeypatch.setenv("HANDWRITING_DIR", str(tmp_path))
    digit = {"label": 7, "writer": "A", "strokes": [[[0, 0], [40.5, 0]], [[5, 30], [30, 30]]]}
    path = tmp_path / "digits.json.gz"
    path.write_bytes(gzip.compress(json.dumps([digit] * 3).encode()))

    def are_strokes(digits):
        return all(
            digit.label in range(10)
            and isinstance(digit.writer, str)
            and all(s.shape[1:] == (2,) and np.isfinite(s).all() for s in digit.strokes)
            for digit in digits
        )

    rewrite = hostile.rewrite_gzip(hostile.rewrite_json)
    assert_survives(load_handwriting, path, rewrite, are_strokes)
