"""What the widgets of the pad share: a frame, buttons, and a line that says what went wrong."""

import threading
from collections.abc import Callable

from ipywidgets import HTML, Button, VBox, Widget

from .. import LabError
from .prediction_html import STYLE, status_line

Handler = Callable[..., object]  # what the browser calls: nobody looks at what it returns


class Panel(VBox):
    """A framed part of the page; errors of what the browser calls appear in its status line."""

    def __init__(self) -> None:
        super().__init__()
        self.status = HTML()
        self._lock = threading.RLock()  # a busy kernel may answer the pen in a thread of its own
        self._style = HTML(STYLE).add_class("dp-style")
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
