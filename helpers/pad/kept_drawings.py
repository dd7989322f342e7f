"""Drawings kept in a folder: one folder per digit, a PNG and the strokes of each drawing."""

import contextlib
import json
import os
import re
import time
import uuid
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import numpy as np
from PIL import Image

from .. import LabError
from ..files import A_DAY, excerpt, read_file, write_atomically
from ..pictures import png_bytes
from ..strokes import clean
from .drawing_files import JSON_BYTES, Drawing, read_drawing

OUR_NAME = re.compile(r"\d{8}-\d{6}-\d{6}-[0-9a-f]{8}")  # when it was drawn, and chance


def save_drawing(
    folder: str | Path, label: int, image: np.ndarray, strokes: Iterable[np.ndarray]
) -> Path:
    """Keep a drawing under its label; the path of its PNG, a name that was never used before.

    `image` is uint8 (28, 28); `strokes` are arrays (n_points, 2) in canvas pixels. What is kept is
    what `load_drawings` gives back. Raises LabError for an empty or an endless drawing, another
    image, a label that is no digit, and when the disk is full or not writable: then nothing of the
    drawing stays behind.
    """
    strokes = clean(strokes)
    if not strokes:
        raise LabError("Nothing is drawn yet: draw a digit first.")
    digit = _as_label(label)
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8 or image.shape != (28, 28):
        raise LabError("The image of a drawing must be uint8 (28, 28), as rasterize gives it.")
    now = datetime.now()
    path = Path(folder) / str(digit) / f"{now:%Y%m%d-%H%M%S-%f}-{uuid.uuid4().hex[:8]}.png"
    facts = {
        "drawn": now.isoformat(timespec="seconds"),
        "strokes": [stroke.tolist() for stroke in strokes],
    }
    text = json.dumps(facts) + "\n"
    if len(text) > JSON_BYTES:
        raise LabError("The drawing has too many points to be kept: draw it with fewer.")
    picture = png_bytes(Image.fromarray(image))
    beside = write_atomically(path.with_suffix(".json"), text)
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
        if path.name.startswith(".") or path.parent.name.startswith("."):
            continue  # what systems and editors leave about
        ours = OUR_NAME.fullmatch(path.stem) or path.with_suffix(".png").exists()
        if path.suffix == ".json" and ours:
            _sweep(path)
            continue  # read with its picture
        try:
            drawings.append(read_drawing(path))
        except LabError as error:
            reason = str(error).replace(f"{path.parent}{os.sep}", "").removesuffix(".")
            name = excerpt(f"{path.parent.name}/{path.name}")
            problems.append(f"{name} is left out: {excerpt(reason, 90)}.")
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

    Raises LabError for a label that is no digit, or when it cannot be moved, as where another
    drawing has its name.
    """
    path = Path(path)
    moved = path.parent.parent / str(_as_label(label)) / path.name
    if moved == path:
        return path
    for there in (moved, moved.with_suffix(".json")):
        if os.path.lexists(there):
            raise LabError(f"{path} was not moved: {there} is there already.")
    beside = path.with_suffix(".json")
    copy = write_atomically(moved.with_suffix(".json"), read_file(beside, JSON_BYTES))
    try:
        os.replace(path, moved)  # from here on it has the new label
    except OSError as error:
        copy.unlink(missing_ok=True)
        raise LabError(f"{path} could not be moved: {error.strerror}.") from error
    with contextlib.suppress(OSError):
        beside.unlink()
    return moved


def _as_label(label: object) -> int:
    if isinstance(label, bool) or not isinstance(label, int | np.integer) or label not in range(10):
        found = f"{excerpt(label, 40)} ({type(label).__name__})"
        raise LabError(f"A label is a digit from 0 to 9, not {found}.")
    return int(label)


def _sweep(path: Path) -> None:
    """Delete strokes without a picture that have lain there for a day: a kill left them."""
    with contextlib.suppress(OSError):
        age = time.time() - path.stat().st_ctime  # since it came here, also as a copy
        if age > A_DAY and not path.with_suffix(".png").exists():
            path.unlink()
