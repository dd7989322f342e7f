"""Digits that other people wrote with a pen, put on the pad as if they had been drawn there."""

import gzip
import io
import json
import os
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .. import LabError
from ..files import excerpt, read_file

MAX_BYTES = 16_000_000  # of a file, packed and unpacked: 40,000 digits
FAR = 1e9


class Handwriting(NamedTuple):
    """A digit as it was written: strokes are float arrays (n_points, 2), x right and y down."""

    label: int
    writer: str
    strokes: list[np.ndarray]


def load_handwriting() -> list[Handwriting]:
    """Read the digits in the folder $HANDWRITING_DIR, from each of its files `*.json.gz`.

    A file holds a list of `{"label": 7, "writer": "A", "strokes": [[[x, y], …], …]}`, in any unit
    of length. Raises LabError when the variable is not set, or a file holds no such digits.
    """
    folder = os.environ.get("HANDWRITING_DIR")
    files = sorted(Path(folder).glob("*.json.gz")) if folder else []
    if not files:
        raise LabError(
            "There are no pen strokes to read: set HANDWRITING_DIR to a folder with *.json.gz "
            'files, each a list of {"label": 7, "writer": "A", "strokes": [[[x, y], …], …]}.'
        )
    return [digit for file in files for digit in _read_digits(file)]


def _read_digits(file: Path) -> list[Handwriting]:
    data = read_file(file, MAX_BYTES)
    try:
        text = gzip.GzipFile(fileobj=io.BytesIO(data)).read(MAX_BYTES + 1)
        if len(text) > MAX_BYTES:
            raise ValueError(f"it unpacks to more than {MAX_BYTES / 1e6:.0f} MB")
        entries = json.loads(text)
        if not isinstance(entries, list) or not entries:
            raise ValueError("it is no list, or an empty one")
        return [_read_digit(entry) for entry in entries]
    except (OSError, EOFError, zlib.error, ValueError, OverflowError, RecursionError) as error:
        raise LabError(
            f"{file} does not hold digits as pen strokes ({excerpt(error)}): get it again, or take "
            "it out of the folder."
        ) from error


def _read_digit(entry: Any) -> Handwriting:
    match entry:
        case {"label": int(label), "writer": str(writer), "strokes": [_, *_] as strokes}:
            if type(label) is int and label in range(10):
                return Handwriting(label, writer, [_read_points(stroke) for stroke in strokes])
    raise ValueError("an entry lacks a label 0 to 9, a writer's name or strokes")


def _read_points(stroke: Any) -> np.ndarray:
    points = np.array(stroke, object)
    if points.shape[1:] != (2,) or not all(type(number) in (int, float) for number in points.flat):
        raise ValueError("a stroke is no list of [x, y]")
    points = points.astype(float)
    if not len(points) or not (np.abs(points) < FAR).all():  # nor is NaN
        raise ValueError("a stroke is empty or too far away")
    return points


def put_on_canvas(
    strokes: list[np.ndarray], side: int, pen: float, rng: np.random.Generator
) -> list[np.ndarray]:
    """The same digit on a square canvas, as a hand might have drawn it there.

    Its longer side is 45 to 80 % of the canvas' `side`; it stands anywhere where a pen of the width
    `pen` stays on the canvas; its points are whole pixels, as a browser sends them. Raises LabError
    for strokes without points, or with NaN or infinity.
    """
    if not strokes or not all(np.shape(stroke)[1:] == (2,) and len(stroke) for stroke in strokes):
        raise LabError("strokes must be a list of arrays (n_points, 2), of one point or more.")
    points = np.concatenate(strokes)
    if not np.isfinite(points).all():
        raise LabError("strokes must be finite, these hold NaN or infinity.")
    corner, extent = points.min(0), np.ptp(points, axis=0)
    scale = rng.uniform(0.45, 0.8) * side / (extent.max() or 1)
    place = rng.uniform(pen / 2, side - pen / 2 - extent * scale)  # one for the whole digit
    return [np.round((stroke - corner) * scale + place) for stroke in strokes]
