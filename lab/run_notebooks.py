"""Execute notebooks top to bottom, in place: `make run`.

A notebook is written back only after a run without an error, and without what would not outlive
the run: widget views and their state, progress bars, and cell timings. With `--clean` before the
names of the notebooks nothing is executed, only that is taken out, before a commit.
"""

import argparse
import ast
import base64
import io
import os
import re
import time
from pathlib import Path

import nbformat
import numpy as np
from nbclient import NotebookClient
from PIL import Image

from helpers import ROOT
from helpers.files import write_atomically
from helpers.pictures import png_bytes

NOTEBOOKS = ROOT / "notebooks"
WIDGET = "application/vnd.jupyter.widget-view+json"


def execute(path: Path, overrides: str = "", folder: Path | None = None) -> nbformat.NotebookNode:
    """Run a notebook in `folder` (its own by default) and give it back with its outputs.

    `overrides` is code that runs right after the cell tagged "parameters". Raises
    nbclient.exceptions.CellExecutionError where a cell fails.
    """
    notebook = nbformat.read(path, as_version=4)
    if overrides:
        tags = [cell.metadata.get("tags", []) for cell in notebook.cells]
        index = next(i for i, names in enumerate(tags) if "parameters" in names)
        notebook.cells.insert(index + 1, nbformat.v4.new_code_cell(overrides))
    client = NotebookClient(
        notebook,
        timeout=3600,
        resources={"metadata": {"path": str(folder or path.parent)}},
        kernel_name="python3",
    )
    client.execute()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = join_streams(cell.outputs)
    return notebook


def join_streams(outputs: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """The outputs of a cell, with what it printed in one piece, however it came."""
    joined: list[nbformat.NotebookNode] = []
    for output in outputs:
        if joined and "name" in output and output.name == joined[-1].get("name"):
            joined[-1].text += output.text
        else:
            joined.append(output)
    return joined


def syntax_of(source: str) -> ast.Module:
    """The syntax tree of a cell's code, without its magic commands (%…)."""
    return ast.parse(re.sub(r"(?m)^%.*$", "", source))


def clean(notebook: nbformat.NotebookNode) -> None:
    """Drop from a notebook, in place, what is meaningless once its kernel is gone.

    Where a cell shows a widget, the picture that its metadata name as `still` takes its place until
    the cell is run, and wherever there is no kernel.
    """
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in notebook.cells:
        cell.metadata = {k: v for k, v in cell.metadata.items() if k in ("tags", "alt", "still")}
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if outlives_its_kernel(output)]
            if still := cell.metadata.get("still"):
                png = base64.b64encode((NOTEBOOKS / still).read_bytes()).decode()
                data = {"image/png": png, "text/plain": cell.metadata.alt}
                cell.outputs = [nbformat.v4.new_output("display_data", data)]
            for output in cell.outputs:
                if png := output.get("data", {}).get("image/png"):
                    output.data["image/png"] = fewer_colours(png)
                    output.data.pop("image/jpeg", None)  # the same picture once more


def outlives_its_kernel(output: nbformat.NotebookNode) -> bool:
    """Whether an output still says something later: no widget, no server's frame, no warning."""
    data = output.get("data", {})
    frame = "<iframe" in data.get("text/html", "")
    return WIDGET not in data and not frame and output.get("name") != "stderr"


def fewer_colours(png: str) -> str:
    """The same base64 PNG with 64 colours, or 16 greys, and a third of its size."""
    image = Image.open(io.BytesIO(base64.b64decode(png)))
    if image.mode == "P" or getattr(image, "is_animated", False):  # few already, or a film
        return png
    rgb = image.convert("RGB")
    grey = not np.ptp(np.asarray(rgb), axis=2).any()
    small = rgb.quantize(16 if grey else 64, dither=Image.Dither.NONE)
    data = png_bytes(small, optimize=True, dpi=image.info.get("dpi"))
    return min(png, base64.b64encode(data).decode(), key=len)


def main() -> None:
    parser = argparse.ArgumentParser(description="Execute notebooks in place, and clean them.")
    parser.add_argument("--clean", action="store_true", help="only clean, execute nothing")
    parser.add_argument("notebooks", nargs="+", type=Path)
    options = parser.parse_args()
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    for path in options.notebooks:
        start, before = time.perf_counter(), path.read_text()
        notebook = nbformat.read(path, as_version=4) if options.clean else execute(path)
        clean(notebook)
        after = nbformat.writes(notebook) + "\n"
        if after != before:
            write_atomically(path, after)
            print(f"{path}: {time.perf_counter() - start:.0f} s, {len(after) / 1000:.0f} kB")


if __name__ == "__main__":
    main()
