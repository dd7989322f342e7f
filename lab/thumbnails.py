"""Pictures from the notebooks' outputs, made anew by `make run`.

A small one of each notebook for the contents; and, where a cell is tagged "result", its picture for
the notebook's head.
"""

import base64
import contextlib
import io
import sys
from pathlib import Path

import nbformat
from PIL import Image, ImageOps

from helpers import ROOT
from helpers.files import write_atomically
from helpers.pictures import png_bytes

NOTEBOOKS = ROOT / "notebooks"
SIZE = (480, 300)  # shown at half of it, for HiDPI screens
CHOSEN = {  # what the code of the cell with the picture contains
    "01_explore_mnist": "contact_sheet(atlas",
    "02_train_cnn": "show_maps(maps",
    "03_numpy_mlp": "BackpropGraph(x",
    "04_dcgan": "save_film(log_dir",
    "05_draw_and_predict": None,  # a widget leaves no output: its screenshot
    "06_compare_networks": "draw_race({",
    "07_more_gans": "sample_sheet(averaged",
}


def picture(name: str) -> Image.Image:
    """The chosen picture of a notebook, as it stands in its file."""
    code = CHOSEN[name]
    if code is None:
        return Image.open(NOTEBOOKS / "images" / "pad.png")
    return Image.open(io.BytesIO(png_of(next(c for c in code_cells(name) if code in c.source))))


def code_cells(name: str) -> list[nbformat.NotebookNode]:
    """The code cells of a notebook, with their outputs."""
    cells = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4).cells
    return [cell for cell in cells if cell.cell_type == "code"]


def png_of(cell: nbformat.NotebookNode) -> bytes:
    """The first picture among a cell's outputs; StopIteration if there is none."""
    data = next(o.data["image/png"] for o in cell.outputs if "image/png" in o.get("data", {}))
    return base64.b64decode(data)


def results(name: str) -> dict[Path, bytes]:
    """The picture of a notebook's cell tagged "result", by the path where the notebook shows it."""
    tagged = (c for c in code_cells(name) if "result" in c.metadata.get("tags", []))
    return {NOTEBOOKS / "images" / f"{name[:2]}_result.png": png_of(cell) for cell in tagged}


def thumbnail(name: str) -> Image.Image:
    """The same, small, on white, with few colours: they are all of one size."""
    small = ImageOps.pad(picture(name).convert("RGB"), SIZE, color="white")
    return small.quantize(64, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)


if __name__ == "__main__":
    for name in [Path(path).stem for path in sys.argv[1:]] or CHOSEN:
        with contextlib.suppress(StopIteration):  # a notebook that was not run has no picture yet
            data = png_bytes(thumbnail(name), optimize=True)
            write_atomically(NOTEBOOKS / "images" / f"{name}.png", data)
            for path, png in results(name).items():
                write_atomically(path, png)
