"""The drawings that the page, the pad as one HTML file, saves: one JSON file of all of them."""

import json
from pathlib import Path

from .. import LabError
from ..strokes import rasterize
from .drawing_files import strokes_of
from .kept_drawings import delete_drawing, save_drawing

FORMAT, MOST = "digit-lab-drawings", 1_000  # drawings of one file: a hand makes some dozens
MAX_BYTES = 16_000_000


def unpack_drawings(data: bytes, folder: str | Path) -> int:
    """Keep all drawings of a file that the page saved in `folder`; how many there were.

    `data` is what the file holds: strokes, of which the medium pen makes images. Raises LabError,
    and keeps none, for another file or one that is damaged, and when the disk is full or not
    writable.
    """
    if len(data) > MAX_BYTES:
        raise LabError(f"The file is larger than {MAX_BYTES / 1e6:.0f} MB: no hand draws so much.")
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise LabError("The file is no JSON: choose one that the page saved.") from error
    drawings = found.get("drawings") if isinstance(found, dict) else None
    if not isinstance(drawings, list) or found.get("format") != FORMAT or found.get("version") != 1:
        raise LabError("The file holds no drawings of the page: choose one that it saved.")
    if len(drawings) > MOST:
        raise LabError(f"The file holds more than {MOST:,} drawings.")
    found = []
    for number, drawing in enumerate(drawings, 1):
        label = drawing.get("label") if isinstance(drawing, dict) else None
        strokes = strokes_of(drawing)
        if type(label) is not int or label not in range(10) or strokes is None:
            raise LabError(f"The file is damaged: drawing {number} lacks its digit or its strokes.")
        found.append((label, strokes))
    kept: list[Path] = []
    try:
        for label, strokes in found:
            kept.append(save_drawing(folder, label, rasterize(strokes), strokes))
    except LabError:
        for path in kept:
            delete_drawing(path)
        raise
    return len(kept)
