"""The drawing pad in a real JupyterLab, drawn on with the mouse and by touch."""

import contextlib
import gzip
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import nbformat
import numpy as np
import pytest

from helpers import ROOT

pytestmark = pytest.mark.slow

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
NOTEBOOK = "05_draw_and_predict.ipynb"
STARTING, RUNNING, ANSWERING = 60, 120, 20  # seconds at most, generous for busy machines

DIGITS = {  # on a field of 100 by 100, where no handwriting of strangers is at hand
    2: [[[25, 30], [32, 18], [48, 12], [64, 18], [70, 32], [60, 50], [25, 88], [50, 86], [76, 88]]],
    4: [[[50, 10], [40, 35], [25, 60], [50, 60], [80, 60]], [[62, 40], [62, 65], [62, 92]]],
    7: [[[25, 14], [50, 14], [76, 14], [64, 40], [52, 65], [42, 90]]],
}

# Lab renders cells as they come into view and the layout moves: true once the canvas has stood
# still for three frames, with nothing in front of it. Leaves its place in window.padBox.
CANVAS_IS_STILL = """() => {
  const canvas = document.querySelector('.digit-pad canvas');
  if (!canvas) return false;
  const box = canvas.getBoundingClientRect();
  const x = box.left + box.width / 2, y = box.top + box.height / 2;
  if (box.top < 0 || box.bottom > innerHeight || document.elementFromPoint(x, y) !== canvas) {
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
KERNEL_INFO = "jupyterapp.shell.currentWidget.sessionContext.session.kernel.info"

CELL_ERROR = '.jp-RenderedText[data-mime-type="application/vnd.jupyter.error"]'
ALL_CELLS_RAN = f"""() => {{
  const prompts = [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')];
  return document.querySelector('{CELL_ERROR}') ||
    prompts.length > 0 && prompts.every(p => /\\[\\d+\\]/.test(p.textContent));
}}"""


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[str]:
    """A JupyterLab of its own, on a free port: gives the address to open the notebook at."""
    folder = tmp_path_factory.mktemp("lab")
    notebooks = folder / "notebooks"
    notebooks.mkdir()
    copy = nbformat.read(ROOT / "notebooks" / NOTEBOOK, as_version=4)
    for cell in copy.cells:
        if cell.cell_type == "code":  # so that whatever the page shows comes from this run
            cell.outputs, cell.execution_count = [], None
    nbformat.write(copy, notebooks / NOTEBOOK)
    settings = folder / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    no_news = {"fetchNews": "false", "checkForUpdates": False}
    (settings / "notification.jupyterlab-settings").write_text(json.dumps(no_news))
    notebook = {"windowingMode": "none"}  # render every cell, also those out of sight
    tracker = settings.parent / "notebook-extension"
    tracker.mkdir()
    (tracker / "tracker.jupyterlab-settings").write_text(json.dumps(notebook))
    environment = os.environ | {
        "HOME": str(folder),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
    }
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(16)
    log = folder / "server.log"
    command = [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root"]
    command += ["--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0"]
    command += [f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={notebooks}"]
    command += ["--expose-app-in-browser"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=folder,
            start_new_session=True,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_until_served(f"{address}/api/status?token={token}", process, log)
        yield f"{address}/lab/tree/{NOTEBOOK}?token={token}&reset"
    finally:
        _stop(process, f"{address}/api/shutdown?token={token}", token)


@pytest.fixture(scope="module")
def browser():
    """Chromium from the machine; without one the tests are skipped, but never where CI is set."""
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not executable:
        reason = f"no browser is installed (looked for {', '.join(BROWSERS)})"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        flags = "--no-sandbox --disable-gpu --disable-quic --no-first-run"
        flags += " --disable-background-networking --disable-component-update --disable-sync"
        chromium = playwright.chromium.launch(executable_path=executable, args=flags.split())
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def page(browser, server) -> Iterator:
    """The notebook in JupyterLab, after "Run all cells"."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, device_scale_factor=2, has_touch=True
    )
    page = context.new_page()
    page.goto(server, timeout=1000 * STARTING)
    page.wait_for_function(KERNEL_IS_READY, timeout=1000 * STARTING)
    page.evaluate(KERNEL_INFO)  # waits for the kernel's first answer
    # what the menu item "Run all cells" does; an open menu closes whenever Lab moves the focus
    page.evaluate("void jupyterapp.commands.execute('runmenu:run-all')")
    page.wait_for_function(ALL_CELLS_RAN, timeout=1000 * RUNNING)
    assert page.locator(CELL_ERROR).all_inner_texts() == []
    page.wait_for_selector(".digit-pad canvas", state="attached", timeout=1000 * ANSWERING)
    page.wait_for_function(KERNEL_IS_READY, timeout=1000 * RUNNING)
    yield page
    context.close()


@pytest.fixture(scope="module")
def samples() -> dict[int, list[np.ndarray]]:
    """Strokes of three digits by a real hand, on a field of about 100 by 100."""
    file = handwriting_folder() / "uji_digits.json.gz"
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


def handwriting_folder() -> Path:
    return Path(os.environ.get("HANDWRITING_DIR") or ROOT.parent / "shared" / "handwriting")


@pytest.mark.parametrize("digit", DIGITS)
def test_a_digit_drawn_with_the_mouse_is_read(page, samples, digit):
    clear(page)
    draw(page, samples[digit])
    assert result(page)["digit"] == str(digit)
    assert 0.1 < float(result(page)["p"]) <= 1
    if digit == 2 and os.environ.get("SCREENSHOT"):
        page.mouse.move(2, 2)
        page.locator(".digit-pad").screenshot(path=os.environ["SCREENSHOT"])


def test_a_digit_drawn_by_touch_is_read(page, samples):
    clear(page)
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


def test_undo_and_clear_take_ink_away(page, samples):
    clear(page)
    draw(page, samples[7])
    bright = ink_on_screen(page)
    assert bright > 500
    before = result(page)["seq"]
    page.click('.digit-pad button:has-text("Undo")')
    wait_for_update(page, before)
    if len(samples[7]) == 1:
        assert result(page)["digit"] == ""
    clear(page)
    assert result(page)["digit"] == "" and ink_on_screen(page) == 0
    assert "Draw a digit" in page.inner_text(".digit-pad .dp-status")


def draw(page, strokes: list[np.ndarray]) -> None:
    """Draw strokes on a field of 100 by 100 with the mouse, and wait for the prediction."""
    for stroke in strokes:
        before = result(page)["seq"]
        left, top, width, height = canvas_box(page)
        places = np.round([left, top] + stroke / 100 * [width, height]).tolist()
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place)
        page.mouse.up()
        wait_for_update(page, before)


def clear(page) -> None:
    before = result(page)["seq"]
    page.click('.digit-pad button:has-text("Clear")')
    wait_for_update(page, before)


def result(page) -> dict[str, str]:
    return page.eval_on_selector(".digit-pad [data-seq]", "element => ({...element.dataset})")


def wait_for_update(page, before: str) -> None:
    page.wait_for_function(
        "before => +document.querySelector('.digit-pad [data-seq]')?.dataset.seq > +before",
        arg=before,
        timeout=1000 * ANSWERING,
    )


def canvas_box(page) -> list[float]:
    page.wait_for_function(CANVAS_IS_STILL, polling="raf", timeout=1000 * ANSWERING)
    return page.evaluate("window.padBox")


def ink_on_screen(page) -> int:
    """How many of the canvas's own pixels are bright."""
    return page.eval_on_selector(
        ".digit-pad canvas",
        """canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
             .data.reduce((n, value, i) => n + (i % 4 === 0 && value > 128), 0)""",
    )


def _wait_until_served(address: str, process: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + STARTING
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()[-2000:]}")


def _stop(process: subprocess.Popen, address: str, token: str) -> None:
    """Ask the server to end with its kernels; whatever is left of its group is killed."""
    request = urllib.request.Request(
        address, method="POST", headers={"Authorization": f"token {token}"}
    )
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        urllib.request.urlopen(request, timeout=10).close()
        process.wait(20)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
