"""Drawings kept in a folder: one folder per digit, a PNG and the strokes of each drawing."""

import json
import os
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from PIL import Image

from .. import LabError
from ..files import write_atomically
from ..pictures import png_bytes
from .strokes import clean


@dataclass(frozen=True)
class Drawing:
    """A drawing that was kept: `image` uint8 (28, 28), strokes (n_points, 2) in canvas pixels."""

    path: Path  # of the PNG; the strokes lie beside it
    label: int
    image: np.ndarray
    strokes: list[np.ndarray]


def save_drawing(
    folder: str | Path, label: int, image: np.ndarray, strokes: Iterable[np.ndarray]
) -> Path:
    """Keep a drawing under its label; the path of its PNG, a name that was never used before.

    `image` is uint8 (28, 28); `strokes` are arrays (n_points, 2) in canvas pixels. Raises LabError
    for an empty drawing or a label that is no digit, and when the disk is full or not writable:
    then nothing of the drawing stays behind.
    """
    strokes = clean(strokes)
    if not strokes:
        raise LabError("Nothing is drawn yet: draw a digit first.")
    if label not in range(10):
        raise LabError(f"A label is a digit from 0 to 9, not {label}.")
    now = datetime.now()
    path = Path(folder) / str(label) / f"{now:%Y%m%d-%H%M%S-%f}-{uuid.uuid4().hex[:8]}.png"
    facts = {
        "drawn": now.isoformat(timespec="seconds"),
        "strokes": [stroke.tolist() for stroke in strokes],
    }
    picture = png_bytes(Image.fromarray(image))
    beside = write_atomically(path.with_suffix(".json"), json.dumps(facts) + "\n")
    try:
        return write_atomically(path, picture)  # the last step: now the drawing exists
    except LabError:
        beside.unlink(missing_ok=True)
        raise


def load_drawings(folder: str | Path) -> tuple[list[Drawing], list[str]]:
    """The drawings in a folder, oldest first, and a sentence for each file that is none."""
    drawings, problems = [], []
    folder = Path(folder)
    for path in sorted(folder.glob("*/*") if folder.is_dir() else []):
        name = f"{path.parent.name}/{path.name}"
        if path.name.startswith(".") or path.parent.name.startswith("."):
            continue  # what systems and editors leave about
        if path.suffix == ".json" and path.with_suffix(".png").exists():
            continue  # read with its picture
        try:
            drawings.append(_read(path))
        except Exception as error:  # whatever Pillow and json make of a foreign file
            reason = str(error) if isinstance(error, LabError) else "it is damaged"
            problems.append(f"{name} is left out: {reason}.")
    return sorted(drawings, key=lambda drawing: drawing.path.name), problems


def delete_drawing(path: str | Path) -> None:
    """Delete a drawing, given the path of its PNG; LabError where that is not allowed."""
    try:
        Path(path).unlink(missing_ok=True)
        Path(path).with_suffix(".json").unlink(missing_ok=True)
    except OSError as error:
        raise LabError(f"{path} could not be deleted: {error.strerror}.") from error


def relabel_drawing(path: str | Path, label: int) -> Path:
    """Move a drawing, given the path of its PNG, to another digit; its new path.

    Raises LabError for a label that is no digit, or when it cannot be moved.
    """
    if label not in range(10):
        raise LabError(f"A label is a digit from 0 to 9, not {label}.")
    path = Path(path)
    moved = path.parent.parent / str(label) / path.name
    if moved == path:
        return path
    beside = path.with_suffix(".json")
    try:
        write_atomically(moved.with_suffix(".json"), beside.read_bytes())
        os.replace(path, moved)  # from here on it has the new label
        beside.unlink()
    except OSError as error:
        raise LabError(f"{path} could not be moved: {error.strerror}.") from error
    return moved


def _read(path: Path) -> Drawing:
    if path.suffix != ".png":
        raise LabError("it is no drawing of the pad")
    label = path.parent.name
    if label not in "0123456789" or len(label) != 1:
        raise LabError("its folder is not named after a digit")
    with Image.open(path) as picture:
        if picture.format != "PNG" or picture.mode != "L" or picture.size != (28, 28):
            raise LabError("it is not a grey PNG of 28 × 28 pixels")
        image = np.array(picture)
    beside = path.with_suffix(".json")
    if not beside.is_file():
        raise LabError(f"{beside.name} with its strokes is missing")
    strokes = clean(json.loads(beside.read_text())["strokes"])
    if not strokes:
        raise LabError(f"{beside.name} holds no strokes")
    return Drawing(path, int(label), image, strokes)
