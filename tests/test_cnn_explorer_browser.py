"""The convolution to click through, in a real JupyterLab and in Voila."""

import os
from collections.abc import Iterator
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch
from lab_page import (
    ANSWERING,
    KERNEL_IS_READY,
    OUT_OF_REACH,
    RUNNING,
    SCREEN,
    busy_kernel,
    one_cell,
    violations,
    widget_in_lab,
)
from lab_server import STARTING, serve_voila
from PIL import Image

from helpers.data import load_mnist

pytestmark = pytest.mark.slow

KERNEL = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]) / 4
BIAS = -0.25
CELL = f"""from helpers.cnn import ConvolutionExplorer
from helpers.data import load_mnist
explorer = ConvolutionExplorer(load_mnist().train_images[0], {KERNEL.tolist()}, {BIAS})
explorer"""
DRAWN = """() => [...document.querySelectorAll('.cx-maps canvas')].every(canvas =>
  canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
    .data.some((value, i) => i % 4 < 3 && value > 0 && value < 250))"""
SET_WIDTH = """width => {
  document.querySelector('.conv-explorer').style.width = `${width}px`;
}"""


@pytest.fixture(scope="module")
def notebook() -> nbformat.NotebookNode:
    return one_cell(CELL)


@pytest.fixture(scope="module")
def page(browser, notebook, tmp_path_factory) -> Iterator:
    """The widget in JupyterLab."""
    folder = tmp_path_factory.mktemp("lab")
    with widget_in_lab(browser, notebook, folder, ".cx-steps") as page:
        yield page


@pytest.fixture(scope="module")
def voila(notebook, tmp_path_factory) -> Iterator[str]:
    """The address of the same as a page of Voila."""
    with serve_voila(notebook, tmp_path_factory.mktemp("voila")) as address:
        yield address


@pytest.fixture(scope="module")
def response() -> np.ndarray:
    pixels = torch.from_numpy(load_mnist().train_images[:1, None] / 255)
    kernel = torch.from_numpy(KERNEL)[None, None]
    return torch.nn.functional.conv2d(pixels, kernel, torch.tensor([BIAS]).double())[0, 0].numpy()


def shown(page, name: str) -> float:
    return float(page.inner_text(f"table.cx-{name} td").replace("−", "-"))


def wait_for_place(page, row: int, column: int, response: np.ndarray) -> None:
    """Wait until the window is there, and check what is said of it."""
    page.wait_for_selector(f'[data-place="{row} {column}"]', timeout=1000 * ANSWERING)
    assert shown(page, "sum") == pytest.approx(response[row, column] - BIAS, abs=0.0051)
    assert shown(page, "response") == pytest.approx(response[row, column], abs=0.0051)
    top, left = row - row % 2, column - column % 2
    best = max(response[top : top + 2, left : left + 2].max(), 0)
    assert shown(page, "maximum") == pytest.approx(best, abs=0.0051)


def click(page, canvas: int, row: int, column: int, n: int) -> None:
    """Click on a pixel of a picture of n by n."""
    box = page.locator(".cx-maps canvas").nth(canvas)
    box.scroll_into_view_if_needed()
    side = box.bounding_box()["width"] / n
    box.click(position={"x": (column + 0.5) * side, "y": (row + 0.5) * side})


def test_a_click_shows_the_sum_there(page, response):
    click(page, 0, 13, 12, 28)
    wait_for_place(page, 12, 11, response)
    click(page, 0, 0, 27, 28)  # a corner: the window stays within the image
    wait_for_place(page, 0, 25, response)
    click(page, 1, 7, 9, 26)
    wait_for_place(page, 7, 9, response)
    click(page, 2, 5, 6, 13)
    block = response[10:12, 12:14].argmax()
    wait_for_place(page, 10 + block // 2, 12 + block % 2, response)


def test_dragging_moves_the_window(page, response):
    click(page, 0, 5, 5, 28)
    wait_for_place(page, 4, 4, response)
    box = page.locator(".cx-maps canvas").first.bounding_box()
    side = box["width"] / 28
    page.mouse.down()
    page.mouse.move(box["x"] + 14.5 * side, box["y"] + 16.5 * side, steps=5)
    page.mouse.up()
    wait_for_place(page, 15, 13, response)
    page.mouse.move(box["x"] + 3.5 * side, box["y"] + 3.5 * side)
    page.wait_for_timeout(300)
    wait_for_place(page, 15, 13, response)


def test_a_finger_moves_the_window(page, response):
    finger = page.context.new_cdp_session(page)
    touch(page, finger, "touchStart", 9, 8)
    wait_for_place(page, 8, 7, response)
    touch(page, finger, "touchMove", 12, 10)
    wait_for_place(page, 11, 9, response)
    touch(page, finger, "touchEnd")


def touch(page, finger, kind: str, *pixel: int) -> None:
    """A finger on a pixel of the input, (row, column), or lifted."""
    canvas = page.locator(".cx-maps canvas").first
    canvas.scroll_into_view_if_needed()
    left, top, width, _ = canvas.bounding_box().values()
    row, column = [(at + 0.5) * width / 28 for at in pixel] or (0, 0)
    points = [{"x": left + column, "y": top + row}] if pixel else []
    finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def test_arrow_keys_and_buttons_move_the_window_and_tab_leaves(page, response):
    cells = page.locator(".jp-Cell").count()
    click(page, 0, 13, 12, 28)
    wait_for_place(page, 12, 11, response)
    row, column = 12, 11
    for name, down, right in (("Up", -1, 0), ("Left", 0, -1), ("Down", 1, 0), ("Right", 0, 1)):
        page.keyboard.press(f"Arrow{name}")
        wait_for_place(page, row := row + down, column := column + right, response)
    for title, down, right in (("up", -1, 0), ("left", 0, -1), ("down", 1, 0), ("right", 0, 1)):
        page.click(f'.cx-arrows button[title="Move the window {title}"]')
        wait_for_place(page, row := row + down, column := column + right, response)
    click(page, 0, 13, 12, 28)
    focused = "document.activeElement"
    for element in ("canvas", "canvas", "button"):
        before = page.evaluate_handle(focused)
        page.keyboard.press("Tab")
        page.wait_for_function(f"before => {focused} !== before", arg=before)
        assert page.evaluate(f"{focused}.tagName").lower() == element
    assert page.locator(".jp-Cell").count() == cells  # no key reached JupyterLab's shortcuts


def test_it_answers_while_the_kernel_is_busy(page, response, tmp_path):
    with busy_kernel(page, tmp_path / "done"):
        click(page, 0, 8, 9, 28)
        wait_for_place(page, 7, 8, response)
    page.wait_for_function(KERNEL_IS_READY, timeout=1000 * RUNNING)


def test_it_survives_a_reload_of_the_page(page, response):
    click(page, 0, 10, 11, 28)
    wait_for_place(page, 9, 10, response)
    page.evaluate("jupyterapp.commands.execute('docmanager:save')")
    page.reload()
    page.wait_for_function(KERNEL_IS_READY, timeout=1000 * STARTING)
    wait_for_place(page, 9, 10, response)
    page.wait_for_function(DRAWN, timeout=1000 * ANSWERING)
    click(page, 1, 3, 4, 26)
    wait_for_place(page, 3, 4, response)


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
@pytest.mark.parametrize("width", [300, 480, 774])
def test_at_any_width_all_is_within_reach_and_accessible(page, response, width, theme):
    page.evaluate("theme => jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)
    page.evaluate(SET_WIDTH, width)
    click(page, 0, 13, 12, 28)
    wait_for_place(page, 12, 11, response)
    page.wait_for_timeout(500)  # the other theme's colours fade in
    if folder := os.environ.get("SCREENSHOTS"):
        name = f"conv-{theme.split()[1]}-{width}.png"
        page.locator(".conv-explorer").screenshot(path=Path(folder, name))
    if (still := os.environ.get("SCREENSHOT")) and (width, theme) == (774, "JupyterLab Light"):
        page.evaluate("document.activeElement.blur()")
        page.mouse.move(2, 2)
        page.locator(".conv-explorer").evaluate("e => e.scrollIntoView({block: 'center'})")
        page.locator(".conv-explorer").screenshot(path=still)
        picture = Image.open(still).convert("RGB")
        few = picture.quantize(64, Image.Quantize.MAXCOVERAGE, 1, dither=Image.Dither.NONE)
        few.save(still, optimize=True)
    out_of_reach, found = page.evaluate(OUT_OF_REACH), violations(page)
    page.evaluate(SET_WIDTH, 774)
    assert out_of_reach == [] and found == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_voila_shows_it_and_answers(browser, voila, response, theme):
    page = browser.new_page(**SCREEN)
    page.goto(f"{voila}?theme={theme}", timeout=1000 * RUNNING)
    page.wait_for_selector(".cx-steps", timeout=1000 * RUNNING)
    click(page, 0, 13, 12, 28)
    wait_for_place(page, 12, 11, response)
    page.keyboard.press("ArrowRight")
    wait_for_place(page, 12, 12, response)
    touch(page, page.context.new_cdp_session(page), "touchStart", 9, 8)
    wait_for_place(page, 8, 7, response)
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder, f"conv-voila-{theme}.png"))
    assert violations(page) == [] and page.locator("text=Traceback").count() == 0
    page.close()
