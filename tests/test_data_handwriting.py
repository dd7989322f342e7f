"""Other people's pen strokes: read from files, put on the canvas, read by the networks."""

import gzip
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from helpers import ROOT, LabError
from helpers.cnn import DigitCNN
from helpers.data import load_handwriting, put_on_canvas
from helpers.mlp import MLP
from helpers.pad import PEN, SIDE, rasterize
from helpers.recogniser import read

CROSSED_SEVEN = [[[0, 0], [40, 0], [10.5, 60]], [[5, 30], [30, 30]]]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HANDWRITING_DIR", str(tmp_path))
    return tmp_path


def write(path, content) -> None:
    path.write_bytes(gzip.compress(json.dumps(content).encode()))


def test_every_file_of_the_folder_is_read(folder):
    write(folder / "a.json.gz", [{"label": 7, "writer": "A", "strokes": CROSSED_SEVEN}] * 2)
    write(folder / "b.json.gz", [{"label": 1, "writer": "B", "strokes": [[[3, 4]]]}])
    digits = load_handwriting()
    assert [(digit.label, digit.writer) for digit in digits] == [(7, "A"), (7, "A"), (1, "B")]
    assert [stroke.shape for stroke in digits[0].strokes] == [(3, 2), (2, 2)]
    assert digits[0].strokes[0][2].tolist() == [10.5, 60]


@pytest.mark.parametrize(
    "content", [3, [3], [{"label": 7, "writer": "A"}], [{"label": 7, "writer": 1, "strokes": "x"}]]
)
def test_other_files_are_refused_by_name(folder, content):
    write(folder / "other.json.gz", content)
    with pytest.raises(LabError, match=r"other\.json\.gz"):
        load_handwriting()
    (folder / "other.json.gz").write_bytes(b"no gzip")
    with pytest.raises(LabError, match=r"other\.json\.gz"):
        load_handwriting()


def test_the_table_says_in_a_sentence_what_it_needs():
    environment = {name: os.environ[name] for name in os.environ if name != "HANDWRITING_DIR"}
    report = ROOT / "benchmarks" / "strokes.md"
    before = report.stat().st_mtime_ns
    command = [sys.executable, ROOT / "benchmarks" / "strokes.py"]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert "set HANDWRITING_DIR" in result.stdout and result.stdout.count("\n") == 1
    assert report.stat().st_mtime_ns == before


@pytest.mark.parametrize("strokes", [CROSSED_SEVEN, [[[5, 5]]], [[[0, 0], [0, 9]]]])
def test_a_digit_keeps_its_shape_on_the_canvas(strokes):
    strokes = [np.array(stroke, float) for stroke in strokes]
    rng = np.random.default_rng(0)
    places, sizes = [], []
    for _ in range(200):
        placed = put_on_canvas(strokes, 640, 42, rng)
        points = np.concatenate(placed)
        assert points.min() >= 21 and points.max() <= 640 - 21
        assert np.array_equal(points, points.round())
        extent = np.ptp(points, axis=0).max()
        scale = extent / (np.ptp(np.concatenate(strokes), axis=0).max() or 1)
        for new, old in zip(placed, strokes, strict=True):
            expected = (old - strokes[0][0]) * scale  # they keep their places to one another
            assert np.abs(new - placed[0][0] - expected).max() <= 2
        places.append(placed[0][0])
        sizes.append(extent)
    assert np.ptp(places, axis=0).min() > 100
    if len(points) > 1:
        assert 0.45 * 640 - 1 <= min(sizes) < 0.5 * 640 and 0.75 * 640 < max(sizes) <= 0.8 * 640 + 1


@pytest.fixture(scope="module")
def strangers(handwriting) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Images, labels and writers: what the pad would see of strangers' digits."""
    rng = np.random.default_rng(0)
    images = [rasterize(put_on_canvas(digit.strokes, SIDE, PEN, rng)) for digit in handwriting]
    labels = [digit.label for digit in handwriting]
    return np.stack(images), np.array(labels), np.array([digit.writer for digit in handwriting])


@pytest.mark.parametrize(
    ("network", "weights", "share"),
    [(DigitCNN, "cnn.safetensors", 0.98), (MLP, "mlp.json", 0.975)],
)
def test_the_networks_that_ship_read_strangers(strangers, network, weights, share):
    images, labels, writers = strangers
    right = read(network.load(ROOT / "models" / weights), images) == labels
    assert np.mean([right[writers == writer].mean() for writer in set(writers)]) >= share


def test_strangers_digits_look_like_mnist(strangers, mnist):
    for share in (lambda x: x.mean() / 255, lambda x: (x > 0).mean(), lambda x: (x >= 250).mean()):
        assert share(strangers[0]) == pytest.approx(share(mnist.test_images), rel=0.1)
