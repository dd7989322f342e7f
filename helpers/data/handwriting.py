"""Digits that other people wrote with a pen, put on the pad as if they had been drawn there."""

import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .. import LabError


class Handwriting(NamedTuple):
    """A digit as it was written: strokes are float arrays (n_points, 2), x right and y down."""

    label: int
    writer: str
    strokes: list[np.ndarray]


def load_handwriting() -> list[Handwriting]:
    """Read the digits in the folder $HANDWRITING_DIR, from each of its files `*.json.gz`.

    A file holds a list of `{"label": 7, "writer": "A", "strokes": [[[x, y], …], …]}`, in any unit
    of length. Raises LabError when the variable is not set, or no file or no digit is there.
    """
    folder = os.environ.get("HANDWRITING_DIR")
    files = sorted(Path(folder).glob("*.json.gz")) if folder else []
    if not files:
        raise LabError(
            "There are no pen strokes to read: set HANDWRITING_DIR to a folder with *.json.gz "
            'files, each a list of {"label": 7, "writer": "A", "strokes": [[[x, y], …], …]}.'
        )
    return [digit for file in files for digit in _read_digits(file)]


def _read_digits(file: Path) -> Iterator[Handwriting]:
    try:
        with gzip.open(file) as text:
            for entry in json.load(text):
                strokes = [np.array(stroke, float).reshape(-1, 2) for stroke in entry["strokes"]]
                yield Handwriting(int(entry["label"]), str(entry["writer"]), strokes)
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise LabError(f"{file} does not hold digits as pen strokes ({error}).") from error


def put_on_canvas(
    strokes: list[np.ndarray], side: int, pen: float, rng: np.random.Generator
) -> list[np.ndarray]:
    """The same digit on a square canvas, as a hand might have drawn it there.

    Its longer side is 45 to 80 % of the canvas' `side`; it stands anywhere where a pen of the width
    `pen` stays on the canvas; its points are whole pixels, as a browser sends them.
    """
    points = np.concatenate(strokes)
    corner, extent = points.min(0), np.ptp(points, axis=0)
    scale = rng.uniform(0.45, 0.8) * side / (extent.max() or 1)
    place = rng.uniform(pen / 2, side - pen / 2 - extent * scale)  # one for the whole digit
    return [np.round((stroke - corner) * scale + place) for stroke in strokes]
