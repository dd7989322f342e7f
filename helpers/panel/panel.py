"""What all widgets share: a frame, buttons, a canvas, and a line that says what went wrong."""

import contextlib
import html
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from ipycanvas import Canvas
from ipycanvas.canvas import _CanvasManager
from ipywidgets import HTML, Button, VBox, Widget
from traitlets import Unicode

from .. import LabError

CARD = Path(__file__).with_name("panel.css")
Handler = Callable[..., object]  # what the browser calls: nobody looks at what it returns


class Panel(VBox):
    """A framed part of the page; errors of what the browser calls appear in its status line.

    `looks` are files of CSS, what is laid out in this panel and in no other.
    """

    def __init__(self, *looks: Path) -> None:
        super().__init__()
        self.status = HTML()
        self._lock = threading.RLock()  # a busy kernel may answer the pen in a thread of its own
        css = "".join(path.read_text() for path in (CARD, *looks))
        self._style = HTML(f"<style>{css}</style>").add_class("dp-style")
        self.add_class("dp-card")

    def show(self, *children: Widget) -> None:
        """Show these widgets, which from now on answer while the kernel runs a cell."""
        self.children = [self._style, *children]
        answer_while_busy(self)

    def say(self, text: str, problem: bool = False) -> None:
        """Write one sentence into the status line."""
        self.status.value = status_line(text, problem)

    def button(self, name: str, icon: str, tooltip: str, action: Callable[[], None]) -> Button:
        """A button that does `action` when it is pressed."""
        button = Button(description=name, icon=icon, tooltip=tooltip)
        button.on_click(self.guarded(lambda _: action()))
        return button

    def guarded(self, action: Handler) -> Handler:
        """The same action, its errors shown in the status line: callbacks have no other place."""

        def handler(*args: object) -> None:
            try:
                with self._lock:
                    action(*args)
            except Exception as error:
                self.say(sentence(error), True)

        return handler


def status_line(text: str, problem: bool = False) -> str:
    """HTML of one sentence: what to do, or what went wrong."""
    kind = 'role="alert" data-problem="true"' if problem else 'role="status"'
    return f'<div class="dp-status" aria-live="polite" {kind}>{html.escape(text)}</div>'


def sentence(error: Exception) -> str:
    """What to show of an error where there is room for one sentence only."""
    return str(error) if isinstance(error, LabError) else f"{type(error).__name__}: {error}"


def answer_while_busy(widget: Widget) -> None:
    """Let what the page sends to a widget and those in it be handled while the kernel runs a cell.

    JupyterLab sends it to a subshell, a thread of its own. But ipykernel 7.4.0 hands it over to the
    thread that the widget last spoke from, the one that runs the cells: a pad would stay mute until
    they are done.
    """
    if hasattr(widget.comm, "_reply_subshell_for"):
        widget.comm._reply_subshell_for = lambda data, subshell: subshell
    for child in getattr(widget, "children", ()):
        answer_while_busy(child)


class NamedCanvas(Canvas):
    """A canvas with a name for assistive tools, its `tooltip`, and a manager of its own.

    ipywidgets 8.1 shows a tooltip only where there is a description, if an empty one.

    ipycanvas 0.14.3 draws on every canvas through one manager, made when it is imported. A page
    that was loaded since then, while the kernel was busy, does not know it and shows "Click to show
    javascript error" instead of the canvas (widget model not found: its issues 239 and 328).
    """

    description = Unicode("").tag(sync=True)

    def __init__(self, **options: object) -> None:
        super().__init__(_canvas_manager=_CanvasManager(), **options)


@contextlib.contextmanager
def drawn_at_once(canvas: Canvas) -> Iterator[Canvas]:
    """What `hold_canvas` does for the manager of all canvases, for a canvas with its own.

    The page is told anew which canvas is meant: a reloaded one does not know it (issue 322).
    """
    manager = canvas._canvas_manager
    manager._current_canvas, manager._caching = None, True
    try:
        yield canvas
    finally:
        manager.flush()
        manager._caching = False
