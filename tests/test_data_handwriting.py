"""Other people's pen strokes: read from files, put on the canvas, read by the networks."""

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hostile import assert_one_sentence

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


def digit(**change) -> dict:
    return {"label": 7, "writer": "A", "strokes": CROSSED_SEVEN} | change


REFUSED = {
    "no list": 3,
    "an empty list": [],
    "no digit": [3],
    "no strokes": [{"label": 7, "writer": "A"}],
    "label 10": [digit(label=10)],
    "label in words": [digit(label="7")],
    "label true": [digit(label=True)],
    "writer a number": [digit(writer=1)],
    "text for strokes": [digit(strokes="x")],
    "strokes empty": [digit(strokes=[])],
    "a stroke empty": [digit(strokes=[[]])],
    "three numbers": [digit(strokes=[[[1, 2, 3]]])],
    "text for numbers": [digit(strokes=[[["1", "2"]]])],
    "null": [digit(strokes=[[[1, None]]])],
    "NaN": [digit(strokes=[[[1, float("nan")]]])],
    "infinity": [digit(strokes=[[[1, float("inf")]]])],
    "far away": [digit(strokes=[[[-(2**63), 0]]])],
    "farther": [digit(strokes=[[[10**40, 0]]])],
}


@pytest.mark.parametrize("content", REFUSED.values(), ids=REFUSED)
def test_other_content_is_refused_by_name(folder, content):
    write(folder / "good.json.gz", [digit()])
    write(folder / "other.json.gz", content)
    assert_refused(folder / "other.json.gz")


def assert_refused(path: Path, words: str = "does not hold digits as pen strokes") -> None:
    with pytest.raises(LabError, match=words) as caught:
        load_handwriting()
    assert_one_sentence(caught.value, path)


@pytest.mark.parametrize(
    "packed",
    [
        b"no gzip",
        gzip.compress(b"[]")[:-5],
        gzip.compress(b"\xff\xfe\xff"),
        gzip.compress(b"[" * 100_000),
        gzip.compress(b'[{"label": ' + b"9" * 5000),
    ],
)
def test_other_files_are_refused_by_name(folder, packed):
    (folder / "other.json.gz").write_bytes(packed)
    assert_refused(folder / "other.json.gz")


def test_a_bomb_or_a_pipe_is_refused(folder):
    (folder / "other.json.gz").write_bytes(gzip.compress(bytes(100_000_000)))
    assert_refused(folder / "other.json.gz", "unpacks to more than 16 MB")
    (folder / "other.json.gz").unlink()
    os.mkfifo(folder / "other.json.gz")
    assert_refused(folder / "other.json.gz", "is not a file")


@pytest.mark.parametrize(
    "strokes", [[], [np.empty((0, 2))], [np.ones(2)], [np.full((1, 2), np.nan)]]
)
def test_strokes_that_are_none_are_not_put_on_the_canvas(strokes):
    with pytest.raises(LabError, match="strokes must"):
        put_on_canvas(strokes, 640, 42, np.random.default_rng(0))


def test_the_table_says_in_a_sentence_what_it_needs():
    environment = {name: os.environ[name] for name in os.environ if name != "HANDWRITING_DIR"}
    report = ROOT / "benchmarks" / "strokes.md"
    before = report.stat().st_mtime_ns
    command = [sys.executable, str(ROOT / "benchmarks" / "strokes.py")]
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


@pytest.mark.slow
@pytest.mark.parametrize(
    ("network", "weights", "share"),
    [(DigitCNN, "cnn.safetensors", 0.99), (MLP, "mlp.json", 0.985)],
)
def test_the_networks_that_ship_read_strangers(strangers, network, weights, share):
    images, labels, writers = strangers
    right = read(network.load(ROOT / "models" / weights), images) == labels
    assert np.mean([right[writers == writer].mean() for writer in set(writers)]) >= share


@pytest.mark.slow
def test_strangers_digits_look_like_mnist(strangers, mnist):
    for share in (lambda x: x.mean() / 255, lambda x: (x > 0).mean(), lambda x: (x >= 250).mean()):
        assert share(strangers[0]) == pytest.approx(share(mnist.test_images), rel=0.1)
