"""What `make lab` installs, and from where."""

import contextlib
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import install
import pytest

from helpers import ROOT


@pytest.fixture
def commands(monkeypatch, tmp_path) -> list[list[str]]:
    """What would have been run, in an empty place and on Linux without a GPU, uv or an index."""
    ran: list[list[str]] = []

    class Done:
        returncode = 0

    def run(command, cwd):
        ran.append(command)
        return Done

    monkeypatch.setattr(install.subprocess, "run", run)
    monkeypatch.setattr(install, "PYTHON", tmp_path / "python")
    monkeypatch.setattr(install.sys, "platform", "linux")
    monkeypatch.setattr(install.sys, "argv", ["install.py"])
    monkeypatch.setattr(install.shutil, "which", lambda name: None)
    monkeypatch.setattr(install, "answers", lambda address: False)
    monkeypatch.delenv("TORCH", raising=False)
    return ran


def has(monkeypatch, *programs: str) -> None:
    monkeypatch.setattr(install.shutil, "which", lambda name: name if name in programs else None)


@pytest.mark.parametrize(
    ("torch", "programs", "platform", "served", "taken"),
    [
        ("", [], "linux", True, True),
        ("", ["nvidia-smi"], "linux", True, False),
        ("", [], "darwin", True, False),
        ("", [], "linux", False, False),
        ("cpu", ["nvidia-smi"], "linux", True, True),
        ("cuda", [], "linux", True, False),
        ("default", [], "linux", True, False),
    ],
)
def test_pytorch_for_the_cpu_where_there_is_no_gpu(
    commands, monkeypatch, capsys, torch, programs, platform, served, taken
):
    monkeypatch.setenv("TORCH", torch)
    has(monkeypatch, *programs)
    monkeypatch.setattr(install.sys, "platform", platform)
    monkeypatch.setattr(install, "answers", lambda address: served)
    install.main()
    assert (install.CPU_WHEELS in commands[-1]) == taken
    said = capsys.readouterr().out
    assert ("wheels for the CPU" in said) == taken
    assert ("No NVIDIA GPU is here" in said) == (taken and not torch)


def test_pip_installs_all_into_a_new_environment_and_is_seen(commands):
    install.main()
    venv, pip = commands
    assert venv == [sys.executable, "-m", "venv", str(install.VENV)]
    assert pip[1:4] == ["-m", "pip", "install"] and "--quiet" not in pip
    assert {"requirements.txt", "constraints.txt", ".[sweep]"} <= set(pip)


def test_the_test_tools_come_with_their_name(commands, monkeypatch):
    monkeypatch.setattr(install.sys, "argv", ["install.py", "test"])
    install.PYTHON.touch()
    install.main()
    (pip,) = commands
    assert ".[sweep,test]" in pip


def test_uv_is_used_where_it_is_and_pip_where_uv_fails(commands, monkeypatch, capsys):
    has(monkeypatch, "uv")
    install.main()
    assert [command[:2] for command in commands] == [["uv", "venv"], ["uv", "pip"]]
    commands.clear()

    class Failed:
        returncode = 1

    run = install.subprocess.run
    monkeypatch.setattr(
        install.subprocess,
        "run",
        lambda command, cwd: Failed if command[1] == "pip" else run(command, cwd),
    )
    install.main()
    assert commands[-1][1:4] == ["-m", "pip", "install"]
    assert "uv could not install it: pip tries." in capsys.readouterr().out


def test_a_failed_installation_ends_in_a_sentence(commands, monkeypatch):
    class Failed:
        returncode = 1

    monkeypatch.setattr(install.subprocess, "run", lambda command, cwd: Failed)
    with pytest.raises(SystemExit, match="The installation failed"):
        install.main()


@contextlib.contextmanager
def served(status: int):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/torch/"
        server.shutdown()


def test_an_index_that_answers_is_told_from_one_that_does_not(monkeypatch):
    monkeypatch.setattr(install, "SECONDS", 0.5)
    with served(200) as address:
        assert install.answers(address)
    with served(404) as address:
        assert not install.answers(address)
    assert not install.answers("http://no-such-host.invalid/")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert not install.answers(f"http://127.0.0.1:{silent.getsockname()[1]}/")


@pytest.mark.parametrize("python", ["", "/no/such/python", "python2.7", "false"])
def test_without_a_python_that_fits_make_says_which_to_install(python, tmp_path):
    for name in ("Makefile", "requirements.txt", "constraints.txt", "pyproject.toml"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab" / "install.py").write_text("")
    result = subprocess.run(
        ["make", "lab", f"PYTHON={python}"], cwd=tmp_path, capture_output=True, text=True
    )
    said = result.stdout + result.stderr
    assert result.returncode and "No Python from 3.11 to 3.14 with its venv was found" in said
    assert "Traceback" not in said and not Path(tmp_path, ".venv").exists()
