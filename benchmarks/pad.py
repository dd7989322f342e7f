"""How quick is the drawing pad? Writes benchmarks/pad.md.

    python benchmarks/pad.py [--strokes 40]

In the kernel: from strokes to probabilities, and a lesson of ten drawings. In JupyterLab, where a
Chromium is installed: from lifting the pen to the new prediction in the page, beside the bare way
of a message there and back (a button that changes a text), the two in turn; and how often the
prediction changes while the pen moves at 60 moves a second; and from pressing the pen to its ink.
All that in the JupyterLab of `make lab`, which sends messages promptly, with an idle kernel and
with one that runs a cell; and in a JupyterLab as it stands. Beside it the page, the pad as one HTML
file: from opening it to its first reading, ink and reading, and what each network takes.
"""

import argparse
import contextlib
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import nbformat
import numpy as np
from report import machine, publish, table

from helpers import ROOT, LabError
from helpers.cnn import DigitCNN, saliency, teach
from helpers.data import load_mnist
from helpers.mlp import MLP
from helpers.pad import DrawingPad, rasterize
from helpers.page import save_page

sys.path.insert(0, str(ROOT / "tests"))
from lab_page import NEW_CELL, draw_stroke, find_browser, open_browser, press_button, run_all
from lab_server import serve_lab

PAD = """
from helpers import ROOT
from helpers.cnn import DigitCNN
from helpers.pad import DrawingPad
from helpers.panel import answer_while_busy
from helpers.mlp import MLP
from ipywidgets import HTML, Button, VBox
button, text = Button(description="Echo"), HTML("0")
button.add_class("echo")
text.add_class("echoed")
answer_while_busy(button)
button.on_click(lambda _: setattr(text, "value", str(int(text.value) + 1)))
cnn = DigitCNN.load(ROOT / "models" / "cnn.safetensors")
mlp = MLP.load(ROOT / "models" / "mlp.json")
VBox([button, text, DrawingPad({"CNN": cnn, "NumPy network": mlp})])
"""

# Notes when the pen is lifted, and when each reading stands in the page (data-settled: the last).
WATCH = """() => {
  window.lifts = []; window.readings = []; window.presses = []; window.echoes = [];
  window.inks = [];
  document.querySelector('.echo').addEventListener(
    'click', () => window.presses.push(performance.now()), true);
  new MutationObserver(() => window.echoes.push(performance.now())).observe(
    document.querySelector('.echoed'), {subtree: true, childList: true});
  const pad = document.querySelector('.digit-pad');
  const canvas = pad.querySelector('canvas');
  canvas.addEventListener('mousedown', event => {
    const start = performance.now(), box = canvas.getBoundingClientRect();
    const x = (event.clientX - box.left) / box.width * canvas.width;
    const y = (event.clientY - box.top) / box.height * canvas.height;
    const look = () => canvas.getContext('2d').getImageData(x, y, 1, 1).data[0] > 128
      ? window.inks.push(performance.now() - start) : requestAnimationFrame(look);
    look();
  }, true);
  canvas.addEventListener('mouseup', () => window.lifts.push(performance.now()), true);
  new MutationObserver(() => {
    const shown = pad.querySelector('[data-seq]');
    if (!shown || shown.dataset.seq === window.lastSeq) return;
    window.lastSeq = shown.dataset.seq;
    window.readings.push([performance.now(), shown.dataset.settled === 'true']);
  }).observe(pad, {subtree: true, childList: true});
}"""


def circle(points: int = 30) -> np.ndarray:
    """A ring of points (n, 2) on a field of 100 by 100."""
    angle = np.linspace(0, 2 * np.pi, points)
    return 50 + 30 * np.stack([np.sin(angle), -np.cos(angle)], 1)


def milliseconds(action: Callable[[], object], times: int = 200) -> float:
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        action()
        taken.append(time.perf_counter() - start)
    return 1000 * statistics.median(taken)


def in_the_kernel() -> list[tuple[str, str]]:
    cnn = DigitCNN.load(ROOT / "models" / "cnn.safetensors")
    mlp = MLP.load(ROOT / "models" / "mlp.json")
    strokes = [6.4 * circle()]
    image = rasterize(strokes)[None]
    pad = DrawingPad({"CNN": cnn, "NumPy network": mlp})
    pad.replay(strokes)
    actions = {
        "rasterise": lambda: rasterize(strokes),
        "CNN": lambda: cnn.predict_proba(image),
        "**rasterise and CNN**": lambda: cnn.predict_proba(rasterize(strokes)[None]),
        "NumPy network": lambda: mlp.predict_proba(image),
        "all that the pad does at a reading, both networks": pad.predict_button.click,
        "where the CNN looked": lambda: saliency(cnn, image),
    }
    rows = [(name, f"{milliseconds(action):.2f} ms") for name, action in actions.items()]
    try:
        mnist = load_mnist()
    except LabError:
        return rows
    start = time.perf_counter()
    teach(cnn, 10 * [strokes], np.zeros(10, int), mnist=mnist)
    return [*rows, ("a lesson of ten drawings (once)", f"{time.perf_counter() - start:.1f} s")]


def draw_once(page) -> tuple[float, float, list[float], float]:
    """Draw a ring: from pen-down to ink, from pen-up to prediction, between live readings, and a
    bare message there and back; all in ms.
    """
    press_button(page, "Clear")
    page.evaluate("window.readings = []; window.lifts = []; window.inks = []")
    draw_stroke(page, circle(), 1000 / 60)
    page.mouse.up()
    page.wait_for_function("window.readings.some(([time, settled]) => settled)")
    lift, shown = page.evaluate("[window.lifts[0], window.readings]")
    live = [at for at, settled in shown if not settled]
    page.evaluate("window.presses = []; window.echoes = []")
    page.click(".echo")
    page.wait_for_function("window.echoes.length > 0")
    echo = page.evaluate("window.echoes[0] - window.presses[0]")
    ink, read = page.evaluate("window.inks[0]"), next(at for at, settled in shown if settled)
    return ink, read - lift, np.diff(live).tolist(), echo


def in_the_page(strokes: int) -> list[tuple[str, ...]]:
    executable = find_browser()
    if not executable:
        return [("not measured: no Chromium is installed", "", "", "")]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(PAD)])
    notebook.metadata.kernelspec = {"display_name": "Python 3", "name": "python3"}
    with contextlib.ExitStack() as stack:
        browser = stack.enter_context(open_browser(executable))
        pages = []
        for prompt, busy in ((True, False), (True, True), (False, False)):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            address = stack.enter_context(serve_lab(notebook, folder, prompt))
            pages.append(browser.new_page(viewport={"width": 1280, "height": 1000}))
            run_all(pages[-1], address)
            pages[-1].evaluate(WATCH)
            if busy:
                pages[-1].evaluate(NEW_CELL, "import time; time.sleep(3600)")
                pages[-1].wait_for_timeout(1000)
        drawn: list[list[tuple]] = [[], [], []]
        for _ in range(strokes):
            for page, results in zip(pages, drawn, strict=True):
                page.bring_to_front()
                results.append(draw_once(page))
    columns = []
    for results in drawn:
        inks, waits, gaps, echoes = zip(*results, strict=True)
        gap = statistics.median([gap for row in gaps for gap in row])
        wait, echo = statistics.median(waits), statistics.median(echoes)
        columns.append(
            {
                "from pen-down to its ink": f"{statistics.median(inks):.0f} ms",
                "**from pen-up to the prediction**": f"{wait:.0f} ms",
                "one in ten takes longer than": f"{np.quantile(waits, 0.9):.0f} ms",
                "a bare message there and back": f"{echo:.0f} ms",
                "pen-up to prediction, as a share of it": f"{wait / echo:.2f}",
                "between readings while the pen moves": f"{gap:.0f} ms",
            }
        )
    return [(name, *(column[name] for column in columns)) for name in columns[0]]


# What a step of the page takes, in ms: the median of 200, after 50 that let the browser compile.
TIME = """step => {
  const strokes = digitLab.pad.strokes, image = digitLab.rasterize(strokes);
  const steps = {
    raster: () => digitLab.rasterize(strokes),
    read: () => digitLab.read(image),
    layers: () => digitLab.layers(image),
    draw: () => digitLab.draw(Array(64).fill(0.5), 4),
  };
  const times = [];
  for (let i = 0; i < 250; i++) {
    const start = performance.now();
    for (let j = 0; j < 4; j++) steps[step]();
    times.push((performance.now() - start) / 4);
  }
  return times.slice(50).sort((a, b) => a - b)[100];
}"""
# From pen-down to the frame that shows its ink, and from pen-up to the new reading in the page.
WATCH_PAGE = """() => {
  window.inks = []; window.waits = [];
  const canvas = document.querySelector('#pad'), shown = document.querySelector('#reading');
  let down = 0, up = 0;
  canvas.addEventListener('pointerdown', () => {
    down = performance.now();
    requestAnimationFrame(() => setTimeout(() => window.inks.push(performance.now() - down)));
  }, true);
  canvas.addEventListener('pointerup', () => { up = performance.now(); }, true);
  new MutationObserver(() => {
    if (up && shown.dataset.settled === 'true') window.waits.push(performance.now() - up);
    up = 0;
  }).observe(shown, { attributes: true, attributeFilter: ['data-seq'] });
}"""


def in_one_file(strokes: int) -> list[tuple[str, str]]:
    """The page: opened anew each time, then a ring drawn on it."""
    executable = find_browser()
    if not executable:
        return [("not measured: no Chromium is installed", "")]
    opened = []
    with tempfile.TemporaryDirectory() as folder, open_browser(executable) as browser:
        path = save_page(Path(folder) / "pad.html")
        for _ in range(10):
            page = browser.new_page(reduced_motion="reduce")
            page.goto(path.as_uri())
            page.wait_for_selector("#reading[data-seq]")
            opened.append(page.evaluate("performance.now()"))
            page.close()
        page = browser.new_page(reduced_motion="reduce", viewport={"width": 1280, "height": 1000})
        page.goto(path.as_uri())
        page.evaluate(WATCH_PAGE)
        box = page.locator("#pad").bounding_box()
        places = np.array([box["x"], box["y"]]) + circle() / 100 * box["width"]
        for _ in range(strokes):
            page.keyboard.press("c")
            page.mouse.move(*places[0])
            page.mouse.down()
            for place in places[1:]:
                page.mouse.move(*place)
                page.wait_for_timeout(1000 / 60)
            page.mouse.up()
            page.wait_for_timeout(50)
        inks, waits = page.evaluate("[window.inks, window.waits]")
        steps = {step: page.evaluate(TIME, step) for step in ("raster", "read", "layers", "draw")}
    return [
        ("from opening the file to its first reading", f"{statistics.median(opened):.0f} ms"),
        ("from pen-down to the frame with its ink", f"{statistics.median(inks):.0f} ms"),
        ("**from pen-up to the prediction**", f"{statistics.median(waits):.1f} ms"),
        ("rasterise", f"{steps['raster']:.2f} ms"),
        ("CNN", f"{steps['layers']:.2f} ms"),
        ("**both networks**", f"{steps['read']:.2f} ms"),
        ("the generator, one digit", f"{steps['draw']:.2f} ms"),
    ]


def report(strokes: int) -> list[str]:
    return [
        "# The drawing pad",
        "",
        f"{machine()}. Made by `make bench`.",
        "",
        *table(["in the kernel", "median of 200"], *in_the_kernel()),
        "",
        f"A ring of 30 points, drawn {strokes} times with the mouse at 60 moves a second, in "
        "Chromium; medians.",
        "",
        *table(
            ["in the page", "`make lab`", "`make lab`, busy kernel", "JupyterLab as it stands"],
            *in_the_page(strokes),
        ),
        "",
        "The same on the page that `make page` writes, with no server.",
        "",
        *table(["the page", "median"], *in_one_file(strokes)),
    ]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--strokes", type=int, default=40)
    publish(__file__, report(parser.parse_args().strokes))


if __name__ == "__main__":
    main()
