"""One drawing as it lies on the disk: a grey PNG, and a JSON with its strokes beside it."""

import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL.PngImagePlugin import PngImageFile

from .. import LabError
from ..files import read_file

PNG_BYTES, JSON_BYTES = 1_000_000, 4_000_000  # at most; a hand's drawing has some thousands


@dataclass(frozen=True)
class Drawing:
    """A drawing that was kept: `image` uint8 (28, 28), strokes (n_points, 2) in canvas pixels."""

    path: Path  # of the PNG; the strokes lie beside it
    label: int
    image: np.ndarray
    strokes: list[np.ndarray]


def read_drawing(path: Path) -> Drawing:
    """The drawing whose PNG is `path`; LabError, half a sentence, for whatever else it is."""
    if path.suffix != ".png":
        raise LabError("it is no drawing of the pad")
    label = path.parent.name
    if label not in "0123456789" or len(label) != 1:
        raise LabError("its folder is not named after a digit")
    image, strokes = _read_image(path), _read_strokes(path.with_suffix(".json"))
    return Drawing(path, int(label), image, strokes)


def _read_image(path: Path) -> np.ndarray:
    data = io.BytesIO(read_file(path, PNG_BYTES))
    try:
        with PngImageFile(data) as picture:  # has read its head alone
            if picture.mode == "L" and picture.size == (28, 28):
                return np.array(picture)
    except Exception as error:  # Pillow has many for a damaged file
        raise LabError("it is damaged") from error
    raise LabError("it is not a grey PNG of 28 × 28 pixels")


def _read_strokes(path: Path) -> list[np.ndarray]:
    text = read_file(path, JSON_BYTES)
    try:
        facts = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise LabError(f"{path.name} is damaged") from error
    strokes = strokes_of(facts)
    if strokes is None:
        raise LabError(f"{path.name} holds no strokes")
    return strokes


def strokes_of(facts: object) -> list[np.ndarray] | None:
    """The "strokes" among the facts of a drawing, if they are lists of pairs of finite numbers."""
    strokes = facts.get("strokes") if isinstance(facts, dict) else None
    if strokes is None or not _is_list(strokes, lambda stroke: _is_list(stroke, _is_point)):
        return None
    return [np.array(stroke, float) for stroke in strokes]


def _is_list(value: Any, is_one: Callable[[Any], bool]) -> bool:
    return isinstance(value, list) and len(value) > 0 and all(map(is_one, value))


def _is_point(value: Any) -> bool:
    return _is_list(value, _is_number) and len(value) == 2


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) <= sys.float_info.max
