"""The drawing pad in a real JupyterLab, drawn on with the mouse and by touch."""

import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path

import nbformat
import numpy as np
import pytest
from jupyter_page import (
    canvas_box,
    draw,
    find_browser,
    ink_on_screen,
    open_browser,
    press_button,
    result,
    run_all,
    serve_lab,
    wait_for_update,
)

from helpers import ROOT

pytestmark = pytest.mark.slow

NOTEBOOK = ROOT / "notebooks" / "05_draw_and_predict.ipynb"

DIGITS = {  # on a field of 100 by 100, where no handwriting of strangers is at hand
    2: [[[25, 30], [32, 18], [48, 12], [64, 18], [70, 32], [60, 50], [25, 88], [50, 86], [76, 88]]],
    4: [[[50, 10], [40, 35], [25, 60], [50, 60], [80, 60]], [[62, 40], [62, 65], [62, 92]]],
    7: [[[25, 14], [50, 14], [76, 14], [64, 40], [52, 65], [42, 90]]],
}


@pytest.fixture(scope="module")
def notebook() -> nbformat.NotebookNode:
    """The notebook without outputs, so that whatever the page shows comes from this run."""
    copy = nbformat.read(NOTEBOOK, as_version=4)
    for cell in copy.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return copy


@pytest.fixture(scope="module")
def browser() -> Iterator:
    """Chromium from the machine; without one the tests are skipped, but never where CI is set."""
    executable = find_browser()
    if not executable:
        reason = "no Chromium is installed"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    with open_browser(executable) as chromium:
        yield chromium


@pytest.fixture(scope="module")
def page(browser, notebook, tmp_path_factory) -> Iterator:
    """The notebook in JupyterLab, after "Run all cells"."""
    with serve_lab(notebook, tmp_path_factory.mktemp("lab")) as address:
        context = browser.new_context(
            viewport={"width": 1280, "height": 900}, device_scale_factor=2, has_touch=True
        )
        page = context.new_page()
        run_all(page, address)
        yield page
        context.close()


@pytest.fixture(scope="module")
def samples() -> dict[int, list[np.ndarray]]:
    """Strokes of three digits by a real hand, on a field of about 100 by 100."""
    folder = Path(os.environ.get("HANDWRITING_DIR") or ROOT.parent / "shared" / "handwriting")
    file = folder / "uji_digits.json.gz"
    if not file.is_file():
        return {d: [np.array(s, float) for s in strokes] for d, strokes in DIGITS.items()}
    with gzip.open(file) as lines:
        everything = json.load(lines)
    chosen = {}
    for label in DIGITS:
        strokes = next(s["strokes"] for s in everything if s["label"] == label)
        strokes = [np.array(stroke, float) for stroke in strokes]
        points = np.concatenate(strokes)
        scale = 80 / np.ptp(points, axis=0).max()
        middle = (points.min(0) + points.max(0)) / 2
        chosen[label] = [(stroke - middle) * scale + 50 for stroke in strokes]
    return chosen


@pytest.mark.parametrize("digit", DIGITS)
def test_a_digit_drawn_with_the_mouse_is_read(page, samples, digit):
    press_button(page, "Clear")
    draw(page, samples[digit])
    assert result(page)["digit"] == str(digit)
    assert 0.1 < float(result(page)["p"]) <= 1
    if digit == 2 and os.environ.get("SCREENSHOT"):
        page.mouse.move(2, 2)
        page.locator(".digit-pad").first.screenshot(path=os.environ["SCREENSHOT"])


def test_a_digit_drawn_by_touch_is_read(page, samples):
    press_button(page, "Clear")
    session = page.context.new_cdp_session(page)
    for stroke in samples[7]:
        before = result(page)["seq"]
        left, top, width, height = canvas_box(page)
        for i, (x, y) in enumerate(stroke):
            point = {"x": left + x / 100 * width, "y": top + y / 100 * height}
            kind = "touchMove" if i else "touchStart"
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        wait_for_update(page, before)
    assert result(page)["digit"] == "7"


def test_the_digit_is_read_before_the_pen_is_lifted(page, samples):
    press_button(page, "Clear")
    before = result(page)["seq"]
    draw(page, samples[2], lift=False)
    wait_for_update(page, before, settled=False)
    page.wait_for_function("document.querySelector('.digit-pad [data-seq]').dataset.digit === '2'")
    assert result(page)["settled"] == "false"
    page.mouse.up()
    wait_for_update(page, before)
    assert result(page)["digit"] == "2"


def test_undo_and_clear_take_ink_away(page, samples):
    press_button(page, "Clear")
    draw(page, samples[7])
    bright = ink_on_screen(page)
    assert bright > 500
    press_button(page, "Undo")
    if len(samples[7]) == 1:
        assert result(page)["digit"] == ""
    press_button(page, "Clear")
    assert result(page)["digit"] == "" and ink_on_screen(page) == 0
    assert "Draw a digit" in page.inner_text(".digit-pad .dp-status")


def test_keys_work_while_the_canvas_has_the_focus_and_tab_leaves_it(page, samples):
    press_button(page, "Clear")
    draw(page, [samples[7][0], samples[2][0]])
    cells = page.locator(".jp-Cell").count()
    for key, digit in (("p", None), ("u", "7"), ("c", "")):
        before = result(page)["seq"]
        page.keyboard.press(key)
        wait_for_update(page, before)
        if digit is not None and len(samples[7]) == 1:
            assert result(page)["digit"] == digit
    page.keyboard.press("Tab")
    page.wait_for_function("document.activeElement.textContent.trim() === 'Undo'")
    assert page.locator(".jp-Cell").count() == cells  # no key reached JupyterLab's shortcuts
