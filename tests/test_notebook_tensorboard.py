"""TensorBoard inside a notebook: a server is found again, and a dead one is not."""

import functools
import os
import re
import signal
import threading
import time
import urllib.request
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from lab_page import find_browser, open_browser
from tensorboard import manager
from torch.utils.tensorboard import SummaryWriter

from helpers import LabError, notebook
from helpers.notebook import show_tensorboard

# TensorBoard's own way to start a server lets go of the process while it runs.
pytestmark = pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning")


@pytest.fixture
def log_dir(tmp_path, monkeypatch):
    """A logged scalar and picture, beside the notes of servers, which end with the test."""
    (tmp_path / "notes").mkdir()
    monkeypatch.setattr(manager, "_get_info_dir", lambda: str(tmp_path / "notes"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))  # where the server itself leaves its note
    (tmp_path / ".tensorboard-info").symlink_to(tmp_path / "notes")
    with SummaryWriter(tmp_path / "runs") as writer:
        writer.add_scalar("loss", 1.0, 0)
        writer.add_image("samples", np.zeros((1, 28, 28)))
    yield tmp_path / "runs"
    for info in manager.get_all():
        os.kill(info.pid, signal.SIGTERM)


def address(log_dir, capsys, tab="scalars") -> str:
    capsys.readouterr()
    show_tensorboard(log_dir, tab)
    return re.search(r"TensorBoard: (http://localhost:\d+)", capsys.readouterr().out).group(1)


def serves(address: str) -> bool:
    with urllib.request.urlopen(f"{address}/data/plugin/scalars/tags", timeout=20) as answer:
        return answer.status == 200


def test_it_serves_and_a_second_call_finds_the_same_server(log_dir, capsys):
    assert serves(address(log_dir, capsys))
    (server,) = manager.get_all()
    assert address(log_dir, capsys).endswith(f":{server.port}")
    assert manager.get_all() == [server]


@pytest.mark.slow
def test_a_server_that_was_killed_is_not_reused(log_dir, capsys):
    show_tensorboard(log_dir)
    (dead,) = manager.get_all()
    os.kill(dead.pid, signal.SIGKILL)
    while True:  # until the port is closed
        try:
            urllib.request.urlopen(f"http://localhost:{dead.port}", timeout=5).close()
            time.sleep(0.05)
        except OSError:
            break
    assert serves(address(log_dir, capsys))
    (alive,) = manager.get_all()
    assert alive.pid != dead.pid


@pytest.fixture
def displayed(monkeypatch) -> list:
    """What was given to Jupyter to show."""
    shown = []
    monkeypatch.setattr(notebook, "display", shown.append)
    return shown


@pytest.fixture
def page(tmp_path) -> Iterator:
    """A page as wide as a cell's output, on a server of `tmp_path`: a notebook's stand-in."""
    executable = find_browser()
    if not executable:
        reason = "no Chromium is installed"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    handler = functools.partial(QuietHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server, open_browser(executable) as b:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield b.new_page(
            base_url=f"http://127.0.0.1:{server.server_port}",
            viewport={"width": 880, "height": 720},
        )
        server.shutdown()


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_) -> None:
        """Nothing."""


@pytest.mark.slow
@pytest.mark.parametrize("tab, title", [("scalars", "loss"), ("images", "samples")])
def test_the_right_tab_is_shown_and_linked(log_dir, capsys, displayed, page, tab, title):
    port = address(log_dir, capsys, tab).rpartition(":")[2]
    (log_dir.parent / "page.html").write_text(f"<meta charset=utf-8>{displayed[0].data}")
    page.goto("/page.html?token=secret")
    frame = page.frame_locator("iframe")
    chosen = frame.locator("[role=tab][aria-selected=true]").first
    chosen.wait_for(timeout=20_000)
    assert chosen.inner_text().strip().lower() == tab
    frame.locator(f"text=tag: {title}").wait_for(timeout=20_000)
    if folder := os.environ.get("SCREENSHOTS"):
        page.wait_for_timeout(1000)
        page.screenshot(path=f"{folder}/tensorboard-{tab}.png")
    # the host that the page came from, though "localhost" was printed; and not its token
    assert page.get_by_role("link").get_attribute("href") == f"http://127.0.0.1:{port}/#{tab}"


def test_behind_a_proxy_its_address_is_taken(log_dir, displayed, monkeypatch):
    monkeypatch.setenv("TENSORBOARD_PROXY_URL", "/user/ada/proxy/%PORT%/")
    show_tensorboard(log_dir)
    (server,) = manager.get_all()
    assert f'"/user/ada/proxy/{server.port}/"' in displayed[0].data


def test_an_empty_folder_is_said(tmp_path):
    with pytest.raises(LabError, match="no TensorBoard logs yet"):
        show_tensorboard(tmp_path)
