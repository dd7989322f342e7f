"""What a notebook shows beside its own code: the source of a helper, and TensorBoard."""

import contextlib
import inspect
import io
import linecache
import os
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

from IPython.display import Markdown

from . import LabError


def show_source(thing: Callable[..., object]) -> Markdown:
    """The current source of a class or function of `helpers`, as Jupyter shows code."""
    linecache.checkcache()  # the file may have been edited since it was imported
    return Markdown(f"```python\n{inspect.getsource(thing)}```")


def show_tensorboard(log_dir: str | Path, height: int = 600) -> None:
    """Start TensorBoard on a folder of runs, or find the one that shows it, and frame it.

    Prints the address too, for a tab of its own. Raises LabError if nothing was logged there yet
    (TensorBoard would stay empty) or if it does not start.
    """
    from tensorboard import manager, notebook  # only when it is asked for

    if not any(Path(log_dir).rglob("*tfevents*")):
        raise LabError(f"{log_dir} holds no TensorBoard logs yet: train first.")
    _forget_dead_servers()
    # the kernel's PATH need not hold the folder of its own Python
    os.environ.setdefault("TENSORBOARD_BINARY", str(Path(sys.executable).with_name("tensorboard")))
    result = manager.start(["--logdir", str(log_dir), "--reload_interval", "5"])
    if not isinstance(result, manager.StartLaunched | manager.StartReused):
        raise LabError(f"TensorBoard did not start ({type(result).__name__}): run the cell again.")
    print(f"TensorBoard: http://localhost:{result.info.port}")
    with contextlib.redirect_stdout(io.StringIO()):  # it would print the folder
        # frames the host that the page came from: browsers refuse another one its storage
        notebook.display(port=result.info.port, height=height)


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
