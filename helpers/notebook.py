"""What a notebook shows beside its own code: the source of a helper, and TensorBoard."""

import inspect
import json
import linecache
import os
import sys
import urllib.request
import uuid
from collections.abc import Callable
from pathlib import Path

from IPython.display import HTML, Markdown, display

from . import LabError

# Drawn at four fifths of its size, or TensorBoard's menu and settings leave it one narrow curve.
# The script knows the host that the page came from: it need not be this machine's "localhost".
FRAME = """<div id="{name}">
<p><a target="_blank" rel="noopener" href="http://localhost:{port}/#{tab}">Open TensorBoard
in a browser tab of its own ↗</a></p>
<div style="height: {height}px; overflow: hidden">
<iframe title="TensorBoard" style="border: 0; width: 125%; height: 125%; transform: scale(0.8);
transform-origin: 0 0"></iframe></div></div>
<script>(() => {{
  const shown = document.getElementById("{name}");
  const proxy = {proxy}, address = new URL(proxy || "/", window.location);
  if (!proxy) address.port = {port};
  address.hash = "{tab}";
  shown.querySelector("a").href = shown.querySelector("iframe").src = address;
}})();</script>"""


def show_source(thing: Callable[..., object]) -> Markdown:
    """The current source of a class or function of `helpers`, as Jupyter shows code."""
    linecache.checkcache()  # the file may have been edited since it was imported
    return Markdown(f"```python\n{inspect.getsource(thing)}```")


def show_tensorboard(log_dir: str | Path, tab: str = "scalars", height: int = 640) -> None:
    """Start TensorBoard on a folder of runs, or find the one that shows it, and frame it.

    It opens at `tab`, named as in its address: "scalars", "images", "graphs" and so on. A link
    above the frame opens the full page; the address as seen from this machine is printed, too.
    Behind a proxy, `TENSORBOARD_PROXY_URL` says where it is, with %PORT% for the port. Raises
    LabError if nothing was logged there yet (it would stay empty) or if it does not start.
    """
    from tensorboard import manager  # only when it is asked for

    if not any(Path(log_dir).rglob("*tfevents*")):
        raise LabError(f"{log_dir} holds no TensorBoard logs yet: train first.")
    _forget_dead_servers()
    # the kernel's PATH need not hold the folder of its own Python
    os.environ.setdefault("TENSORBOARD_BINARY", str(Path(sys.executable).with_name("tensorboard")))
    result = manager.start(["--logdir", str(log_dir), "--reload_interval", "5"])
    if not isinstance(result, manager.StartLaunched | manager.StartReused):
        raise LabError(f"TensorBoard did not start ({type(result).__name__}): run the cell again.")
    port = result.info.port
    print(f"TensorBoard: http://localhost:{port}")
    proxy = os.environ.get("TENSORBOARD_PROXY_URL", "").replace("%PORT%", str(port))
    name = f"tensorboard-{uuid.uuid4()}"
    display(
        HTML(FRAME.format(name=name, port=port, tab=tab, height=height, proxy=json.dumps(proxy)))
    )


def _forget_dead_servers() -> None:
    """Remove the notes of servers that answer no more: TensorBoard would "reuse" them."""
    from tensorboard import manager

    for info in manager.get_all():
        try:
            urllib.request.urlopen(f"http://localhost:{info.port}/data/logdir", timeout=3).close()
        except OSError:
            # A killed server cannot remove its note; TensorBoard offers no function for it.
            note = Path(manager._get_info_dir(), f"pid-{info.pid}.info")
            note.unlink(missing_ok=True)
