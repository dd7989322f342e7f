"""The graph of notebook 03 in a real JupyterLab and in Voila: mouse, touch and keys step it."""

import os
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from lab_page import (
    ANSWERING,
    KERNEL_IS_BUSY,
    KERNEL_IS_READY,
    NEW_CELL,
    RUNNING,
    SCREEN,
    one_cell,
    violations,
    widget_in_lab,
)
from lab_server import STARTING, serve_voila
from PIL import Image

from helpers.mlp import BackpropGraph

pytestmark = pytest.mark.slow

CELL = "from helpers.mlp import BackpropGraph\nBackpropGraph()"
LAST = len(BackpropGraph().steps) - 1
BACKWARD_DONE = LAST - 2
SET_WIDTH = """width => {
  document.querySelector('.bp-box').style.width = `${width}px`;
}"""
# What is cut off at the card's edge or too small for a finger, and which numbers cover each other.
OUT_OF_REACH = """() => {
  const card = document.querySelector('.bp-card').getBoundingClientRect();
  const parts = document.querySelectorAll('.bp-card :is(button, input, .bp-now *, .bp-key)');
  return [...parts].map(e => [e, e.getBoundingClientRect()])
    .filter(([e, box]) => box.right > card.right || box.bottom > card.bottom ||
      e.scrollWidth > e.clientWidth + 1 && e.clientWidth ||
      e.matches('button, input') && (box.height < 39.5 || box.width < 39.5))
    .map(([e, box]) => `${e.outerHTML.slice(0, 90)} ${box.width} x ${box.height}`);
}"""
COVERED = """() => {
  const texts = [...document.querySelectorAll('.bp-card svg text:not(.bp-off)')];
  const boxes = texts.map(text => text.getBBox());
  return texts.flatMap((text, i) => texts.slice(0, i).filter((_, j) => {
    const [a, b] = [boxes[i], boxes[j]];
    const across = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
    const down = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
    return across > 3 && down > 6;  // the boxes hold room above and below their figures
  }).map(other => `${text.textContent} and ${other.textContent}`));
}"""


@pytest.fixture(scope="module")
def notebook() -> nbformat.NotebookNode:
    return one_cell(CELL)


@pytest.fixture(scope="module")
def lab(browser, notebook, tmp_path_factory) -> Iterator:
    folder = tmp_path_factory.mktemp("lab")
    with widget_in_lab(browser, notebook, folder, ".bp-card[data-step]") as page:
        yield page


@pytest.fixture
def page(lab):
    """The graph at its first step, whatever went before."""
    return at_the_start(lab)


def at_the_start(page):
    page.locator(".bp-controls input").first.focus()
    page.keyboard.press("Home")
    wait_for_step(page, 0)
    return page


@pytest.fixture(scope="module")
def voila_page(browser, notebook, tmp_path_factory) -> Iterator:
    with serve_voila(notebook, tmp_path_factory.mktemp("voila")) as address:
        page = browser.new_page(**SCREEN)
        page.goto(address, timeout=1000 * RUNNING)
        page.wait_for_selector(".bp-card[data-step]", timeout=1000 * RUNNING)
        yield page
        page.close()


@pytest.fixture
def voila(voila_page):
    return at_the_start(voila_page)


def wait_for_step(page, step: int) -> None:
    page.wait_for_selector(f'.bp-card[data-step="{step}"]', timeout=1000 * ANSWERING)
    assert f"step {step} of {LAST}" in page.locator(".bp-now").first.inner_text()


def button(page, name: str):
    return page.locator(".bp-controls button", has_text=name).first


def numbers(page, kind: str = "v") -> int:
    """How many numbers ("v") or gradients ("g") are seen in the drawing."""
    return page.locator(f"svg .bp-{kind}:not(.bp-off)").count()


def test_the_mouse_steps_forward_and_back(page):
    before = numbers(page)
    button(page, "Next").click()
    wait_for_step(page, 1)
    assert numbers(page) == before + 1
    assert page.locator(".bp-lit").count() == 4  # z1, its two weights and its bias
    button(page, "Back").click()
    wait_for_step(page, 0)
    button(page, "Back").click(force=True)  # there is nothing before the start
    wait_for_step(page, 0)
    assert numbers(page) == before and numbers(page, "g") == 0


def test_keys_step_and_do_not_reach_the_shortcuts_of_the_notebook(page):
    button(page, "Next").focus()
    for key, step in (("ArrowRight", 1), ("Enter", 2), (" ", 3), ("ArrowLeft", 2), ("End", LAST)):
        page.keyboard.press(key)
        wait_for_step(page, step)
    page.keyboard.press("ArrowRight")
    wait_for_step(page, LAST)
    assert numbers(page, "g") == 0  # they belonged to the old numbers
    page.locator(".bp-controls input").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    wait_for_step(page, BACKWARD_DONE)
    assert numbers(page, "g") == 25
    page.locator(".bp-card svg").click(position={"x": 30, "y": 30})
    page.keyboard.press("ArrowLeft")
    wait_for_step(page, BACKWARD_DONE - 1)
    page.keyboard.press("b")  # JupyterLab would add a cell
    button(page, "Next").focus()
    page.keyboard.press("b")
    page.keyboard.press("Enter")
    wait_for_step(page, BACKWARD_DONE)
    assert page.locator(".jp-CodeCell").count() == 1
    assert page.locator(".jp-Notebook.jp-mod-editMode").count() == 0


def test_shift_and_enter_run_the_cell_as_everywhere(page):
    button(page, "Next").click()
    wait_for_step(page, 1)
    page.keyboard.press("Control+Enter")
    wait_for_step(page, 0)
    page.wait_for_function(KERNEL_IS_READY)
    assert page.locator(".bp-card").count() == 1


def test_a_finger_steps_and_slides(page):
    box = button(page, "Next").bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    wait_for_step(page, 1)
    box = page.locator(".bp-controls input").bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] - 3, box["y"] + box["height"] / 2)
    wait_for_step(page, LAST)


def test_it_plays_and_pauses(page):
    button(page, "Play").click()
    wait_for_step(page, 2)
    button(page, "Pause").click()
    step = int(page.get_attribute(".bp-card", "data-step"))
    page.wait_for_timeout(3000)
    wait_for_step(page, step)
    button(page, "Play").wait_for()


def test_it_steps_while_the_kernel_is_busy_and_two_graphs_are_two(page, tmp_path):
    done = tmp_path / "done"
    wait = f"import pathlib, time\nwhile not pathlib.Path({str(done)!r}).exists():\n"
    show = CELL.replace("BackpropGraph()", "display(BackpropGraph())")
    page.evaluate(NEW_CELL, f"{show}\n{wait}    time.sleep(0.1)")
    try:
        page.wait_for_function(KERNEL_IS_BUSY)
        page.wait_for_function("document.querySelectorAll('.bp-card[data-step]').length === 2")
        page.locator(".bp-controls button", has_text="Next").last.click()
        page.wait_for_selector('.bp-card[data-step="1"]')
        wait_for_step(page, 0)  # the first one
        assert page.evaluate(KERNEL_IS_BUSY)
    finally:
        done.touch()
    page.wait_for_function(KERNEL_IS_READY, timeout=1000 * RUNNING)
    page.evaluate("jupyterapp.shell.currentWidget.context.model.sharedModel.deleteCellRange(1, 2)")
    page.wait_for_function("document.querySelectorAll('.bp-card').length === 1")


def test_a_saved_notebook_steps_without_a_kernel(page):
    page.evaluate("jupyterapp.commands.execute('docmanager:save')")
    page.evaluate("jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    page.reload()
    page.wait_for_selector(".bp-card[data-step]", timeout=1000 * STARTING)
    page.wait_for_function(KERNEL_IS_READY, timeout=1000 * STARTING)
    button(page, "Next").click()
    wait_for_step(page, 1)


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
@pytest.mark.parametrize("width", [300, 480, 800])
def test_at_any_width_all_is_within_reach_and_accessible(page, width, theme):
    page.evaluate("theme => jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)
    page.evaluate(SET_WIDTH, width)
    found = []
    for step in (0, 8, 18, 22, BACKWARD_DONE, LAST - 1, LAST):
        page.evaluate(
            """step => {
              const slider = document.querySelector('.bp-controls input');
              slider.value = step;
              slider.dispatchEvent(new Event('input'));
            }""",
            step,
        )
        wait_for_step(page, step)
        if folder := os.environ.get("SCREENSHOTS"):
            name = f"{theme.split()[1]}-{width}-{step}.png"
            page.locator(".bp-box").screenshot(path=Path(folder, name))
        hidden = page.evaluate(OUT_OF_REACH) + page.evaluate(COVERED)
        found += hidden + violations(page, ".bp-card")
        if step:
            box = page.locator(".bp-scroll").bounding_box()
            lit = page.locator(".bp-scroll .bp-lit").last.bounding_box()
            assert 0 < lit["x"] - box["x"] < box["width"] - lit["width"]  # in sight
    scrolls = page.evaluate(
        "(e => e.scrollWidth > e.clientWidth)(document.querySelector('.bp-scroll'))"
    )
    page.evaluate(SET_WIDTH, 800)
    assert found == [] and scrolls == (width == 300)


def test_voila_steps_by_mouse_and_keys(voila):
    button(voila, "Next").click()
    wait_for_step(voila, 1)
    voila.keyboard.press("ArrowRight")
    wait_for_step(voila, 2)
    voila.keyboard.press("End")
    wait_for_step(voila, LAST)


def test_a_finger_steps_in_voila(voila):
    box = button(voila, "Next").bounding_box()
    voila.touchscreen.tap(box["x"] + 20, box["y"] + 20)
    wait_for_step(voila, 1)
    if path := os.environ.get("SCREENSHOT"):  # notebooks/images/backprop_graph.png
        voila.evaluate(SET_WIDTH, 700)
        for _ in range(21):
            voila.keyboard.press("ArrowRight")
        wait_for_step(voila, 22)
        voila.evaluate("document.activeElement.blur()")
        voila.wait_for_timeout(3500)  # the dashes come to rest
        voila.locator(".bp-card").screenshot(path=path, scale="css")
        few_colours = Image.open(path).convert("RGB").quantize(32, dither=Image.Dither.NONE)
        few_colours.save(path, optimize=True)
