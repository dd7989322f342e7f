"""A notebook in a real browser: in JupyterLab, where its cells are run and its pad is drawn on."""

import contextlib
import shutil
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import nbformat
import numpy as np
from lab_server import STARTING, serve_lab

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
RUNNING, ANSWERING = 120, 20  # seconds at most, generous for busy machines
SCREEN = {"viewport": {"width": 1280, "height": 1000}, "device_scale_factor": 2, "has_touch": True}

# Lab renders cells as they come into view and the layout moves: true once the canvas has stood
# still for three frames, with nothing in front of it. Leaves its place in window.padBox.
CANVAS_IS_STILL = """() => {
  const canvas = document.querySelector('.digit-pad canvas');
  if (!canvas) return false;
  const box = canvas.getBoundingClientRect();
  const x = box.left + box.width / 2, y = box.top + box.height / 2;
  if ([box.top + 1, y, box.bottom - 1].some(y => document.elementFromPoint(x, y) !== canvas)) {
    canvas.scrollIntoView({block: 'center'});
    window.padStill = 0;
    return false;
  }
  const key = [box.left, box.top, box.width, box.height].join();
  window.padStill = key === window.padKey ? (window.padStill || 0) + 1 : 0;
  window.padKey = key;
  window.padBox = [box.left, box.top, box.width, box.height];
  return window.padStill >= 3;
}"""

# The toolbar says "idle" before the kernel is connected, and cells that are run then are lost.
KERNEL_IS_READY = """() => {
  const lab = window.jupyterapp;
  if (!lab?.commands.isEnabled('runmenu:run-all')) return false;
  const context = lab.shell.currentWidget?.sessionContext;
  const kernel = context?.isReady && context.session?.kernel;
  return kernel && kernel.connectionStatus === 'connected' && kernel.status === 'idle';
}"""
KERNEL_IS_BUSY = "jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'busy'"
KERNEL_INFO = "jupyterapp.shell.currentWidget.sessionContext.session.kernel.info"

CELL_ERROR = '.jp-RenderedText[data-mime-type="application/vnd.jupyter.error"]'
ALL_CELLS_RAN = f"""() => {{
  const prompts = [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')];
  return document.querySelector('{CELL_ERROR}') ||
    prompts.length > 0 && prompts.every(p => /\\[\\d+\\]/.test(p.textContent));
}}"""

# What of a panel is cut off at its right edge, and what is too small for a finger.
OUT_OF_REACH = """() => [...document.querySelectorAll('.dp-card')].flatMap(card => {
  const edge = card.getBoundingClientRect().right;
  const parts = 'button, canvas, select, img, .dp-bars, .dp-bars span, .dp-digit, td';
  return [...card.querySelectorAll(parts)]
    .map(e => [e, e.getBoundingClientRect()])
    .filter(([e, box]) => box.width > 0 && (box.right > edge + 1 ||
      e.matches('span') && e.scrollWidth > box.width + 1 ||
      (e.matches('button, select') && (box.width < 39.5 || box.height < 39.5))))
    .map(([e, box]) => `${e.outerHTML.slice(0, 90)} ${box.width} x ${box.height}`);
})"""

INK = """index => {
  const canvas = document.querySelectorAll('.digit-pad canvas')[index];
  return canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
    .data.reduce((n, value, i) => n + (i % 4 === 0 && value > 128), 0);
}"""

# Adds a cell with this code to the end of the notebook in JupyterLab, and runs it.
NEW_CELL = """source => {
  const {content, context} = jupyterapp.shell.currentWidget;
  const end = content.widgets.length;
  context.model.sharedModel.insertCell(end, {cell_type: 'code', source});
  content.activeCellIndex = end;
  void jupyterapp.commands.execute('notebook:run-cell');
}"""

WAIT_FOR = "import pathlib, time\nwhile not pathlib.Path({!r}).exists():\n    time.sleep(0.1)"

# Takes away the cells behind the pad's, and runs that one again.
PAD_AGAIN = """() => {
  const {content, context} = jupyterapp.shell.currentWidget;
  const sources = content.widgets.map(cell => cell.model.sharedModel.source);
  const pad = sources.findIndex(source => source.includes('DrawingPad({'));
  context.model.sharedModel.deleteCellRange(pad + 1, sources.length);
  document.querySelectorAll('.digit-pad').forEach(pad => pad.classList.add('old'));
  content.activeCellIndex = pad;
  void jupyterapp.commands.execute('notebook:run-cell');
}"""
PAD_IS_NEW = """() => document.querySelectorAll('.digit-pad [data-seq]').length === 1 &&
  !document.querySelector('.digit-pad.old')"""


def find_browser() -> str | None:
    """The path of a Chromium on this machine."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


@contextlib.contextmanager
def open_browser(executable: str) -> Iterator:
    from playwright.sync_api import sync_playwright

    flags = "--no-sandbox --disable-gpu --disable-quic --no-first-run"
    flags += " --disable-background-networking --disable-component-update --disable-sync"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=flags.split())
        yield chromium
        chromium.close()


def run_all(page, address: str) -> None:
    """Open the notebook in JupyterLab and run all its cells; AssertionError where one fails."""
    open_in_lab(page, address)
    # what the menu item "Run all cells" does; an open menu closes whenever Lab moves the focus
    page.evaluate("void jupyterapp.commands.execute('runmenu:run-all')")
    page.wait_for_function(ALL_CELLS_RAN, timeout=1000 * RUNNING)
    page.wait_for_function(KERNEL_IS_READY, timeout=1000 * RUNNING)
    assert page.locator(CELL_ERROR).all_inner_texts() == []
    wait_for_pad(page)


def open_in_lab(page, address: str) -> None:
    page.goto(address, timeout=1000 * STARTING)
    page.wait_for_function(KERNEL_IS_READY, timeout=1000 * STARTING)
    page.evaluate(KERNEL_INFO)  # waits for the kernel's first answer


def one_cell(source: str) -> nbformat.NotebookNode:
    """A notebook of a single cell."""
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)], metadata=kernel)


@contextlib.contextmanager
def widget_in_lab(browser, notebook: nbformat.NotebookNode, folder: Path, shown: str) -> Iterator:
    """The page of JupyterLab in which all cells were run, and something matches `shown`."""
    with serve_lab(notebook, folder) as address:
        context = browser.new_context(**SCREEN)
        page = context.new_page()
        open_in_lab(page, address)
        page.evaluate("void jupyterapp.commands.execute('runmenu:run-all')")
        page.wait_for_selector(shown, timeout=1000 * RUNNING)
        page.wait_for_function(KERNEL_IS_READY, timeout=1000 * RUNNING)
        yield page
        context.close()


def wait_for_pad(page) -> None:
    page.wait_for_selector(".digit-pad canvas", state="attached", timeout=1000 * RUNNING)
    page.wait_for_selector(".digit-pad [data-seq]", state="attached", timeout=1000 * ANSWERING)


def start_anew(page) -> None:
    """An empty pad, with what lies on disk and nothing that an earlier test left in the page."""
    page.mouse.up()
    page.wait_for_function(KERNEL_IS_READY, timeout=1000 * RUNNING)
    page.evaluate(PAD_AGAIN)
    page.wait_for_function(PAD_IS_NEW, timeout=1000 * RUNNING)


def draw(page, strokes: list[np.ndarray], lift: bool = True) -> None:
    """Draw strokes on a field of 100 by 100 with the mouse, and wait for the prediction."""
    for number, stroke in enumerate(strokes, 1):
        before = result(page)["seq"]
        draw_stroke(page, stroke)
        if lift or number < len(strokes):
            page.mouse.up()
            wait_for_update(page, before)


def draw_stroke(page, stroke: np.ndarray, pause: float = 0) -> None:
    """Draw one stroke, the mouse still pressed at its end; wait `pause` ms after each move."""
    left, top, width, height = canvas_box(page)
    trace(page, [left, top] + np.asarray(stroke) / 100 * [width, height], pause)


def trace(page, places: np.ndarray, pause: float = 0) -> None:
    """The same at `places` of the window, wherever the canvas is."""
    places = np.round(places).tolist()
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place)
        if pause:
            page.wait_for_timeout(pause)


def draw_by_touch(page, strokes: list[np.ndarray]) -> None:
    """The same with a finger."""
    session = page.context.new_cdp_session(page)
    for stroke in strokes:
        before = result(page)["seq"]
        left, top, width, height = canvas_box(page)
        for i, (x, y) in enumerate(stroke):
            point = {"x": left + x / 100 * width, "y": top + y / 100 * height}
            kind = "touchMove" if i else "touchStart"
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        wait_for_update(page, before)


def press_button(page, name: str, card: str = ".digit-pad") -> None:
    """Click a button and wait until what the pad shows is new."""
    before = result(page)["seq"]
    page.click(f'{card} button:has-text("{name}")')
    wait_for_update(page, before)


def result(page) -> dict[str, str]:
    return page.eval_on_selector(".digit-pad [data-seq]", "element => ({...element.dataset})")


def wait_for_update(page, before: str, settled: bool = True) -> None:
    """Wait for a greater number than `before`, and for the reading that follows the release."""
    page.wait_for_function(
        """([before, settled]) => {
          const shown = document.querySelector('.digit-pad [data-seq]')?.dataset;
          return +shown?.seq > +before && (!settled || shown.settled === 'true');
        }""",
        arg=[before, settled],
        timeout=1000 * ANSWERING,
    )


def canvas_box(page) -> list[float]:
    page.wait_for_function(CANVAS_IS_STILL, polling="raf", timeout=1000 * ANSWERING)
    return page.evaluate("window.padBox")


def ink_on_screen(page, canvas: int = 0) -> int:
    """How many of a canvas's own pixels are bright."""
    return page.evaluate(INK, canvas)


@contextlib.contextmanager
def busy_kernel(page, done: Path) -> Iterator[None]:
    """A cell runs meanwhile: it waits for the file `done`."""
    done.unlink(missing_ok=True)
    page.evaluate(NEW_CELL, WAIT_FOR.format(str(done)))
    page.wait_for_function(KERNEL_IS_BUSY)
    page.wait_for_timeout(500)  # Lab scrolls to the new cell
    try:
        yield
        assert page.locator(".jp-CodeCell .jp-InputPrompt:has-text('[*]')").count() > 0
    finally:
        done.touch()


def violations(page, ours: str = ".dp-card") -> list[str]:
    """What axe-core finds wrong with what is ours; the page around it is not."""
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text())
    found = page.evaluate("ours => axe.run({include: [[ours]]})", ours)["violations"]
    return [f"{v['id']}: {node['html'][:160]}" for v in found for node in v["nodes"]]
