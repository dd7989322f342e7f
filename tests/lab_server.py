"""A notebook served as users get it: by a JupyterLab of its own, or by Voila."""

import contextlib
import json
import os
import secrets
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

LAB = Path(__file__).resolve().parent.parent / "lab"  # the settings of `make lab`
STARTING = 60  # seconds at most, generous for busy machines


@contextlib.contextmanager
def serve_lab(notebook: nbformat.NotebookNode, folder: Path, prompt: bool = True) -> Iterator[str]:
    """A JupyterLab of its own, in `folder`: gives the address to open the notebook at.

    It sends messages promptly, as the one of `make lab` does, or as Jupyter does by itself.
    """
    token, port = secrets.token_hex(16), _free_port()
    _put(notebook, folder)
    settings = folder / "settings" / "@jupyterlab"
    for name, content in (
        ("apputils-extension/notification", {"fetchNews": "false", "checkForUpdates": False}),
        ("notebook-extension/tracker", {"windowingMode": "none"}),  # render cells out of sight, too
    ):
        file = settings / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps(content))
    command = ["jupyter", "lab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}"]
    command += ["--ServerApp.port_retries=0", f"--IdentityProvider.token={token}"]
    command += [f"--ServerApp.root_dir={folder / 'notebooks'}", "--expose-app-in-browser"]
    address = f"http://127.0.0.1:{port}"
    with _running(command, folder, LAB if prompt else None) as (process, log):
        try:
            _wait_until_served(f"{address}/api/status?token={token}", process, log)
            yield f"{address}/lab/tree/pad.ipynb?token={token}&reset"
        finally:  # the server ends its kernels when asked to
            request = urllib.request.Request(
                f"{address}/api/shutdown",
                method="POST",
                headers={"Authorization": f"token {token}"},
            )
            with contextlib.suppress(OSError, subprocess.TimeoutExpired):
                urllib.request.urlopen(request, timeout=10).close()
                process.wait(20)


@contextlib.contextmanager
def serve_voila(notebook: nbformat.NotebookNode, folder: Path) -> Iterator[str]:
    """The notebook as a page without code, which runs it for whoever opens the address."""
    port = _free_port()
    _put(notebook, folder)
    command = ["voila", "notebooks/pad.ipynb", "--no-browser", f"--port={port}"]
    command += ["--Voila.ip=127.0.0.1", "--show_tracebacks=True"]
    with _running(command, folder) as (process, log):
        _wait_until_served(f"http://127.0.0.1:{port}/voila/static/require.min.js", process, log)
        yield f"http://127.0.0.1:{port}/"
        process.send_signal(signal.SIGINT)  # ends its kernels, too
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(20)


def _put(notebook: nbformat.NotebookNode, folder: Path) -> None:
    (folder / "notebooks").mkdir()
    nbformat.write(notebook, folder / "notebooks" / "pad.ipynb")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextlib.contextmanager
def _running(
    command: list[str], folder: Path, config: Path | None = None
) -> Iterator[tuple[subprocess.Popen, Path]]:
    """A Jupyter server with settings of its own; whatever is left of its group is killed."""
    environment = os.environ | {
        "HOME": str(folder),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        "JUPYTER_CONFIG_PATH": str(config or ""),
    }
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=folder,
            start_new_session=True,
        )
    try:
        yield process, log
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait_until_served(address: str, process: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + STARTING
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except urllib.error.HTTPError:
            return  # it answers
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"The server did not start:\n{log.read_text()[-2000:]}")
