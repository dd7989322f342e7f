"""Every notebook runs, with a small budget, as a copy; and is built as the reader expects it."""

import ast
import base64
import copy
import hashlib
import importlib
import io
import itertools
import os
import re
import signal
import statistics
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbconvert import HTMLExporter
from PIL import Image
from run_notebooks import clean, execute, fewer_colours, join_streams, syntax_of
from tensorboard import manager
from thumbnails import CHOSEN, results, thumbnail

from helpers import ROOT
from helpers.notebook import show_source
from helpers.pictures import png_bytes

NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
WIDGET_STATES = "application/vnd.jupyter.widget-state+json"
SMALL = {
    "02_train_cnn": "TRAIN_SIZE, EPOCHS, OTHER_EPOCHS = 2_000, 2, 1",
    "03_numpy_mlp": "TRAIN_SIZE, EPOCHS = 2_000, 1",
    "04_dcgan": """\
TRAIN_SIZE, EPOCHS, LESSONS, PUPIL_EPOCHS, COLLAPSE_STEPS = 2_000, 1, 3_000, 1, 10""",
    "06_compare_networks": """\
BUDGET, NETWORKS = 0.03, ["LeNet-5 today", "DigitCNN"]; NEW_SEEDS, PROCESSES = range(2), [2]""",
    "07_more_gans": "BUDGET, TRAIN_SIZE, READER_EPOCHS = 2, 2_000, 1",
}
if not os.environ.get("FASHION_MNIST_DIR"):  # which has no stand-in where there is no network
    for name in ("02_train_cnn", "07_more_gans"):
        SMALL[name] += '; DATASET = "mnist"'
EXTRA = {"exercise", "check"}  # cells that are no part of the lesson itself
# Those that have their three exercises, and a picture of the result at their head. The others may.
FINISHED = {
    *("01_explore_mnist", "02_train_cnn", "03_numpy_mlp", "04_dcgan", "05_draw_and_predict"),
    *("06_compare_networks", "07_more_gans"),
}
SOLUTION = re.compile(
    r"<details>\s*<summary>Solution</summary>\n\n```python\n(.+?\n)```\n\n.+</details>\s*", re.S
)
PICTURE = re.compile(r"!\[(.*?)\]\((images/[\w.]+)\)")


def tracked_files() -> dict[str, str]:
    names = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    return {
        name: hashlib.sha256((ROOT / name).read_bytes()).hexdigest()
        for name in names
        if (ROOT / name).is_file()
    }


def with_tag(notebook: nbformat.NotebookNode, tag: str) -> list[int]:
    """The positions of a notebook's cells with this tag."""
    tags = [cell.metadata.get("tags", []) for cell in notebook.cells]
    return [position for position, names in enumerate(tags) if tag in names]


def solved(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """A copy in which each exercise's check is followed by its solution, and the check again."""
    notebook = copy.deepcopy(notebook)
    for check in reversed(with_tag(notebook, "check")):
        again, solution = copy.deepcopy(notebook.cells[check]), notebook.cells[check + 1].source
        again.id = uuid.uuid4().hex
        answer = nbformat.v4.new_code_cell(SOLUTION.search(solution)[1])
        notebook.cells[check + 1 : check + 1] = [answer, again]
    return notebook


@pytest.fixture
def runs(tmp_path) -> Iterator[Path]:
    """A folder for what a notebook writes; a TensorBoard that it started there is ended."""
    yield tmp_path / "runs"
    for info in manager.get_all():
        if info.logdir.startswith(str(tmp_path)):
            os.kill(info.pid, signal.SIGTERM)


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs_with_a_small_budget_and_leaves_the_project_alone(path, mnist, runs, tmp_path):
    before = tracked_files()
    overrides = f"{SMALL.get(path.stem, '')}\nRUN_DIR = ROOT / {str(runs)!r}"
    answered = tmp_path / path.name
    nbformat.write(solved(nbformat.read(path, as_version=4)), answered)
    notebook = execute(answered, overrides, folder=tmp_path)
    assert tracked_files() == before
    assert cut_labels(notebook) == []
    assert_checks_tell_blank_from_right(notebook)
    clean(notebook)
    assert "widgets" not in notebook.metadata
    outputs = [o for c in notebook.cells if c.cell_type == "code" for o in c.outputs]
    assert any("image/png" in o.get("data", {}) for o in outputs), "a notebook shows pictures"
    if any("RUN_DIR =" in c.source for c in nbformat.read(path, as_version=4).cells):
        assert any(runs.iterdir())


def cut_labels(notebook: nbformat.NotebookNode) -> list[str]:
    """The labels of widgets too long for the 80 pixels that they get by themselves."""
    widgets = notebook.metadata.get("widgets", {}).get(WIDGET_STATES, {}).get("state", {})
    states = {f"IPY_MODEL_{name}": widget["state"] for name, widget in widgets.items()}
    narrow = {name for name, state in states.items() if state.get("description_width") == ""}
    on_it = {"ButtonModel", "ToggleButtonModel"}  # which have their words on them
    beside = [s for s in states.values() if s.get("_model_name") not in on_it]
    labelled = [s["description"] for s in beside if s.get("style") in narrow]
    return [label for label in labelled if len(label) > 11]


def assert_checks_tell_blank_from_right(notebook: nbformat.NotebookNode) -> None:
    """Each check, run with the blank and then with the solution, prints the line it should."""
    for turn, check in enumerate(with_tag(notebook, "check")):
        cell, word = notebook.cells[check], ("Not yet:", "Right:")[turn % 2]
        said = "".join(output.get("text", "?") for output in cell.outputs)
        assert said.startswith(word), f"{said!r} to {notebook.cells[check - 1].source}"
        assert said.count("\n") == 1, f"one line: {said!r}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_built_as_the_reader_expects(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    cells = notebook.cells
    code = [c for c in cells if c.cell_type == "code"]
    lines = [len([line for line in c.source.splitlines() if line.strip()]) for c in code]
    assert cells[0].cell_type == "markdown" and cells[0].source.startswith("# ")
    assert "You will" in cells[0].source
    assert with_tag(notebook, "exercise") or "## Try this" in cells[-1].source
    links = re.findall(r"\]\(([\w.]+\.ipynb)\)", "".join(c.source for c in cells))
    assert links and all((ROOT / "notebooks" / link).exists() for link in links)
    assert sum("parameters" in c.metadata.get("tags", []) for c in code) == 1
    lesson = [
        n for c, n in zip(code, lines, strict=True) if not EXTRA & {*c.metadata.get("tags", [])}
    ]
    assert 15 <= len(lesson) <= 32 and statistics.median(lines) <= 6 and max(lines) <= 40
    for before, cell in itertools.pairwise(cells):
        if cell.cell_type == "code" and "check" not in cell.metadata.get("tags", []):
            assert before.cell_type == "markdown", f"no sentence before: {cell.source[:60]}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_its_exercises_have_a_blank_a_check_and_a_folded_solution(path):
    notebook = nbformat.read(path, as_version=4)
    exercises, checks = with_tag(notebook, "exercise"), with_tag(notebook, "check")
    assert len(exercises) == 3 or not (exercises or path.stem in FINISHED)
    assert checks == [exercise + 1 for exercise in exercises]
    for check in checks:
        question, blank, code, solution = notebook.cells[check - 2 : check + 2]
        kinds = [cell.cell_type for cell in (question, blank, code, solution)]
        assert kinds == ["markdown", "code", "code", "markdown"], question.source
        answer = SOLUTION.search(solution.source)
        assert answer and syntax_of(answer[1]).body, f"no solution: {question.source}"
        said = "".join(output.get("text", "?") for output in code.outputs)
        assert said.startswith("Not yet:"), f"run it with the blank: {question.source}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_begins_with_a_picture_of_its_result(path):
    cells = nbformat.read(path, as_version=4).cells
    first_output = next(cell.outputs for cell in cells if cell.cell_type == "code")
    drawn = PICTURE.findall(cells[0].source)
    shown = [output for output in first_output if "image/png" in output.get("data", {})]
    assert drawn or shown or path.stem not in FINISHED
    for alternative_text, name in drawn:
        assert alternative_text, f"what does {name} show?"
        assert (path.parent / name).stat().st_size <= 40_000


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_its_outputs_are_those_of_one_clean_run(path):
    text = path.read_text()
    notebook = nbformat.reads(text, as_version=4)
    code = [c for c in notebook.cells if c.cell_type == "code"]
    assert [c.execution_count for c in code] == list(range(1, len(code) + 1))
    assert not any(o.output_type == "error" for c in code for o in c.outputs)
    assert len(text) <= 300_000
    clean(notebook)
    assert nbformat.writes(notebook) + "\n" == text, f"lab/run_notebooks.py --clean {path.name}"
    for folder in ("/home/", "/root/", "/Users/", "/tmp/", str(ROOT)):
        assert folder not in text


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_helpers_it_shows_are_the_current_ones(path):
    code = [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]
    origin: dict[str, str] = {}  # where each imported name comes from
    for cell in code:
        tree = syntax_of(cell.source)
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                origin |= {alias.asname or alias.name: node.module for alias in node.names}
        shown = [ast.unparse(call.args[0]) for call in calls_of("show_source", tree)]
        expected = [getattr(importlib.import_module(origin[name]), name) for name in shown]
        texts = [
            o.data["text/markdown"] for o in cell.outputs if "text/markdown" in o.get("data", {})
        ]
        assert texts == [show_source(thing).data for thing in expected], f"run {path.name} again"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_outside_jupyter_every_picture_is_one_and_not_words(path):
    notebook = nbformat.read(path, as_version=4)
    page, _ = HTMLExporter().from_notebook_node(notebook)
    outputs = [o.get("data", {}) for c in notebook.cells for o in c.get("outputs", [])]
    assert page.count('src="data:image/png;base64,') >= sum("image/png" in o for o in outputs) > 0
    assert "IPython.core.display.Image" not in page
    assert "VBox(children" not in page and "interactive(children" not in page


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_its_pictures_have_an_alternative_text(path):
    code = [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]
    with_pictures = [c for c in code if any("image/png" in o.get("data", {}) for o in c.outputs)]
    assert [c.source for c in with_pictures if not c.metadata.get("alt")] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_contents_show_it_as_it_is(path):
    assert path.stem in CHOSEN, "choose its picture in lab/thumbnails.py"
    pictures = Image.open(path.parent / "images" / f"{path.stem}.png"), thumbnail(path.stem)
    committed, current = (np.asarray(picture.convert("RGB")) for picture in pictures)
    assert np.array_equal(committed, current), "thumbnails.py"
    assert f"(images/{path.stem}.png)" in (path.parent / "README.md").read_text()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_result_at_its_head_is_that_of_its_cell(path):
    head = nbformat.read(path, as_version=4).cells[0].source
    shown = {path.parent / name for _, name in PICTURE.findall(head) if "_result" in name}
    assert results(path.stem) == {name: name.read_bytes() for name in shown}, "thumbnails.py"


def test_what_a_cell_prints_is_one_piece_between_its_pictures():
    said = [nbformat.v4.new_output("stream", name="stdout", text=f"{i}\n") for i in range(3)]
    aside = nbformat.v4.new_output("stream", name="stderr", text="careful\n")
    picture = nbformat.v4.new_output("display_data", {"text/plain": "a 5"})
    outputs = join_streams([said[0], said[1], aside, picture, said[2]])
    assert [output.get("text") for output in outputs] == ["0\n1\n", "careful\n", None, "2\n"]


@pytest.mark.parametrize(("shades", "expected"), [((1, 1, 1), 16), ((1, 0.5, 0), 64)])
def test_a_grey_picture_gets_fewer_colours(shades, expected):
    grain = np.random.default_rng(0).integers(0, 256, (64, 64, 1)) * np.array(shades)
    png = base64.b64encode(png_bytes(Image.fromarray(grain.astype(np.uint8)))).decode()
    small = Image.open(io.BytesIO(base64.b64decode(fewer_colours(png))))
    assert len(small.getcolors()) == expected
    assert np.abs(np.asarray(small.convert("RGB")) - grain.astype(int)).max() <= 256 / expected


def calls_of(name: str, tree: ast.AST) -> list[ast.Call]:
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == name]
