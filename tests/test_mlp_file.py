"""The NumPy network's file: every bit comes back, and whatever is not such a file is refused."""

import json
import os
from typing import Any

import numpy as np
import pytest
from hostile import assert_one_sentence

from helpers import LabError
from helpers.mlp import MLP


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    model = MLP(seed=4)
    odd = [1e-45, 1.17e-38, -0.0, 3.4028235e38, 0.1, 1 / 3, 16777217, -9.999999e-5]
    model.W[0][0, : len(odd)] = odd
    model.training = {"epochs": 3, "loss": 0.25}
    path = tmp_path_factory.mktemp("models") / "deep" / "mlp.json"
    assert model.save(path) == path
    return model, path


def test_the_file_brings_back_every_bit(saved):
    model, path = saved
    loaded = MLP.load(path)
    assert loaded.sizes == model.sizes
    assert loaded.training == model.training
    assert loaded.parameters.dtype == np.float32
    assert loaded.parameters.tobytes() == model.parameters.tobytes()
    assert path.stat().st_size < 2_500_000
    assert [entry.name for entry in path.parent.iterdir()] == ["mlp.json"]
    document = json.loads(path.read_text())
    assert document["layer_sizes"] == [784, 128, 64, 10]
    assert np.shape(document["layers"][1]["weights"]) == (128, 64)


@pytest.mark.parametrize("sizes", [(784, 10), (784, 20, 10), (784, 9, 8, 7, 10)])
def test_any_number_of_layers_can_be_saved(sizes, tmp_path):
    model = MLP(sizes)
    assert MLP.load(model.save(tmp_path / "m.json")).parameters.tobytes() == (
        model.parameters.tobytes()
    )


def test_saving_refuses_what_loading_would_refuse(tmp_path):
    with pytest.raises(LabError, match="784"):
        MLP((6, 5, 3)).save(tmp_path / "m.json")
    model = MLP()
    model.W[0][0, 0] = np.nan
    with pytest.raises(LabError, match="finite"):
        model.save(tmp_path / "m.json")
    model = MLP(dtype=np.float64)
    model.b[0][0] = 1e39  # of which float32 makes infinity
    with pytest.raises(LabError, match="finite"):
        model.save(tmp_path / "m.json")
    others: list[Any] = [[1], {"deep": []}, {1}, np.float32(1), float("nan")]
    for fact in others:
        model = MLP()
        model.training["fact"] = fact
        with pytest.raises(LabError, match="training facts"):
            model.save(tmp_path / "m.json")
    assert not list(tmp_path.iterdir())


def put(*keys, value):
    def edit(document):
        *way, last = keys
        for key in way:
            document = document[key]
        document[last] = value

    return edit


W0_ROW = ("layers", 0, "weights", 5)
REFUSED = {
    "another format": (put("format", value="keras"), "format"),
    "no format": (lambda document: document.pop("format"), "format"),
    "later version": (put("version", value=2), "version"),
    "absurd version": (put("version", value=10**400), "version"),
    "version in words": (put("version", value="1"), "version"),
    "version true": (put("version", value=True), "version"),
    "sizes missing": (lambda document: document.pop("layer_sizes"), "layer_sizes"),
    "sizes absurd": (put("layer_sizes", value=[784, 10**12, 10]), "layer_sizes"),
    "sizes absurd together": (put("layer_sizes", value=[784, 10**5, 10]), "parameters"),
    "sizes too many": (put("layer_sizes", value=[784] + [1] * 99 + [10]), "layer_sizes"),
    "sizes zero": (put("layer_sizes", value=[784, 0, 10]), "layer_sizes"),
    "sizes negative": (put("layer_sizes", value=[784, -5, 10]), "layer_sizes"),
    "sizes broken": (put("layer_sizes", value=[784, 1.5, 10]), "layer_sizes"),
    "sizes of others": (put("layer_sizes", value=[785, 128, 64, 10]), "784"),
    "sizes do not fit": (put("layer_sizes", value=[784, 127, 64, 10]), "127"),
    "activations": (put("activations", value=["tanh", "relu", "softmax"]), "activations"),
    "normalisation": (put("normalisation", value={"divide_by": 1}), "normalisation"),
    "training": (put("training", value=3), "training"),
    "training nested": (put("training", "epochs", value=[[3]]), "training facts"),
    "training infinite": (put("training", "epochs", value=1e999), "Infinity"),
    "layer missing": (lambda document: document["layers"].pop(), "layers"),
    "layer null": (put("layers", 1, value=None), "layer 2"),
    "row missing": (lambda document: document["layers"][0]["weights"].pop(), "layer 1"),
    "row short": (lambda document: document["layers"][0]["weights"][9].pop(), "layer 1"),
    "row long": (lambda document: document["layers"][2]["weights"][9].append(1), "layer 3"),
    "biases missing": (lambda document: document["layers"][2].pop("biases"), "layer 3"),
    "string": (put(*W0_ROW, 3, value="0.5"), "not a number"),
    "null": (put(*W0_ROW, 3, value=None), "not a number"),
    "true": (put(*W0_ROW, 3, value=True), "not a number"),
    "list": (put(*W0_ROW, 3, value=[0.5]), "not a number"),
    "NaN": (put(*W0_ROW, 3, value=float("nan")), "NaN"),
    "infinity": (put("layers", 1, "biases", 3, value=float("-inf")), "Infinity"),
    "too large for float32": (put(*W0_ROW, 3, value=1e39), "too large"),
    "a huge whole number": (put(*W0_ROW, 3, value=10**400), "too large"),
}


@pytest.fixture(scope="module")
def text(saved):
    return saved[1].read_text()


def assert_refused(path, words):
    with pytest.raises(LabError) as caught:
        MLP.load(path)
    assert words in str(caught.value)
    assert_one_sentence(caught.value, path)


@pytest.mark.parametrize("case", REFUSED)
def test_bad_files_are_refused(case, text, tmp_path, monkeypatch):
    edit, words = REFUSED[case]
    document = json.loads(text)
    edit(document)
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(document))
    monkeypatch.setattr(MLP, "__init__", lambda *_: pytest.fail("built before all was checked"))
    assert_refused(path, words)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not JSON"),
        (b"weights", "not JSON"),
        (b"\x89PNG\r\n\x1a\n\xff", "not JSON"),
        (b"[1, 2]", "format"),
        (b"3", "format"),
        (b'{"a": 1}', "format"),
        (b'{"format": "digit-lab-mlp", "version": 1e999}', "version"),
        (b"[" * 100_000, "not JSON"),
        (b'{"a": ' + b"9" * 5000 + b"}", "not JSON"),
        (b'{"training": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "not JSON"),
    ],
)
def test_other_files_are_refused(content, words, tmp_path):
    path = tmp_path / "other.json"
    path.write_bytes(content)
    assert_refused(path, words)


def test_truncated_missing_and_huge_files_are_refused(text, tmp_path):
    path = tmp_path / "mlp.json"
    for length in (30, len(text) // 2, len(text) - 3):
        path.write_text(text[:length])
        assert_refused(path, "cut off")
    assert_refused(tmp_path / "none.json", "does not exist")
    assert_refused(tmp_path, "could not be read")
    with open(path, "wb") as file:
        file.truncate(65_000_000)  # takes no room on the disk
    assert_refused(path, "larger than 64 MB")


def test_an_endless_file_and_a_pipe_are_refused(tmp_path):
    (tmp_path / "endless.json").symlink_to("/dev/zero")
    assert_refused(tmp_path / "endless.json", "is not a file")
    os.mkfifo(tmp_path / "pipe.json")
    assert_refused(tmp_path / "pipe.json", "is not a file")
