"""TensorBoard inside a notebook: a server is found again, and a dead one is not."""

import os
import re
import signal
import time
import urllib.request

import pytest
from tensorboard import manager
from torch.utils.tensorboard import SummaryWriter

from helpers import LabError
from helpers.notebook import show_tensorboard

# TensorBoard's own way to start a server lets go of the process while it runs.
pytestmark = pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning")


@pytest.fixture
def log_dir(tmp_path, monkeypatch):
    """A logged scalar, and a place of its own for the notes of servers, which end with the test."""
    (tmp_path / "notes").mkdir()
    monkeypatch.setattr(manager, "_get_info_dir", lambda: str(tmp_path / "notes"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))  # where the server itself leaves its note
    (tmp_path / ".tensorboard-info").symlink_to(tmp_path / "notes")
    with SummaryWriter(tmp_path / "runs") as writer:
        writer.add_scalar("loss", 1.0, 0)
    yield tmp_path / "runs"
    for info in manager.get_all():
        os.kill(info.pid, signal.SIGTERM)


def address(log_dir, capsys) -> str:
    capsys.readouterr()
    show_tensorboard(log_dir)
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


def test_an_empty_folder_is_said(tmp_path):
    with pytest.raises(LabError, match="no TensorBoard logs yet"):
        show_tensorboard(tmp_path)
