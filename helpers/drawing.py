"""The pad to draw digits on: a thin layer over `rasterize` and whatever reads its image."""

import threading
from collections.abc import Callable, Iterable, Mapping

import numpy as np
from ipycanvas import Canvas, hold_canvas
from ipywidgets import HTML, Button, HBox, Layout, VBox

from .errors import LabError
from .readout import STYLE, readout, status_line
from .strokes import clean, rasterize, smooth

__all__ = ["DrawingPad", "rasterize"]

SIDE, PEN = 640, 42  # canvas pixels; shown at half the size, so that HiDPI screens stay sharp


class DrawingPad(VBox):
    """A canvas to draw a digit on, with what one or several recognisers read in it.

    `models` is a recogniser (anything with `predict_proba`) or a dict of them by name. Without a
    browser, `replay`, `strokes`, `image` and `predict` work all the same.
    """

    def __init__(self, models):
        super().__init__()
        self._several = isinstance(models, Mapping)
        self._readers = dict(models) if self._several else {"": models}
        self._strokes: list[list[tuple[float, float]]] = []
        self._pen_down = False
        self._updates = 0
        self._lock = threading.RLock()  # a busy kernel may answer the pen in a thread of its own

        size = f"{SIDE // 2}px"
        self.canvas = Canvas(width=SIDE, height=SIDE, layout=Layout(width=size, height=size))
        self.result, self.status = HTML(), HTML()
        undo = Button(description="Undo", icon="undo", tooltip="Take the last stroke back")
        clear = Button(description="Clear", icon="trash", tooltip="Start with an empty canvas")
        undo.on_click(self._guarded(lambda _: self.undo()))
        clear.on_click(self._guarded(lambda _: self.clear()))

        on = self.canvas
        on.on_client_ready(self._guarded(self._redraw))
        for event, action in (
            (on.on_mouse_down, self._press),
            (on.on_mouse_move, self._move),
            (on.on_mouse_up, lambda x, y: self._release()),
            (on.on_mouse_out, lambda x, y: self._release()),
            (on.on_touch_start, lambda touches: self._pen_down or self._press(*touches[0])),
            (on.on_touch_move, lambda touches: self._move(*touches[0])),
            (on.on_touch_end, lambda touches: touches or self._release()),
            (on.on_touch_cancel, lambda touches: self._release()),
        ):
            event(self._guarded(action))

        left = VBox([self.canvas, HBox([undo, clear])])
        self.children = [HTML(STYLE), HBox([left, VBox([self.result, self.status])])]
        self.add_class("digit-pad")
        self.clear()

    def __repr__(self) -> str:  # stands where no widget can be shown
        return "DrawingPad (run the notebook in Jupyter to draw here)"

    @property
    def strokes(self) -> list[np.ndarray]:
        """What was drawn: float arrays (n_points, 2) in canvas pixels, x right and y down."""
        return clean(self._strokes)

    @property
    def image(self) -> np.ndarray:
        """What the recognisers see: uint8 (28, 28)."""
        return rasterize(self._strokes)

    def predict(self) -> np.ndarray | dict[str, np.ndarray]:
        """Probabilities of the ten digits, (10,); a dict of them by name for a dict of models.

        Raises LabError when nothing is drawn or a recogniser does not give ten probabilities.
        """
        if not self._strokes:
            raise LabError("Nothing is drawn yet: draw a digit first.")
        answers = self._answers()
        return answers if self._several else answers[""]

    def replay(self, strokes: Iterable[np.ndarray]) -> None:
        """Replace the drawing by `strokes`, arrays (n_points, 2) in canvas pixels, and read it."""
        with self._lock:
            self._strokes = [[tuple(point) for point in stroke] for stroke in clean(strokes)]
            self._pen_down = False
            self._redraw()
            self._read()

    def undo(self) -> None:
        """Take the last stroke back."""
        self.replay(self._strokes[:-1])

    def clear(self) -> None:
        """Start again with an empty canvas."""
        self.replay([])

    def _press(self, x: float, y: float) -> None:
        if not np.isfinite([x, y]).all():
            return
        self._strokes.append([(x, y)])
        self._pen_down = True
        self.canvas.fill_circle(x, y, PEN / 2)

    def _move(self, x: float, y: float) -> None:
        if not self._pen_down or not np.isfinite([x, y]).all():
            return
        stroke = self._strokes[-1]
        if stroke[-1] == (x, y):
            return
        stroke.append((x, y))
        last = np.array(stroke[-3:], float)  # ink follows as far as the curve is settled
        self.canvas.stroke_lines(smooth(last)[1:-1] if len(last) == 3 else [last[0], last.mean(0)])

    def _release(self) -> None:
        if not self._pen_down:
            return
        self._pen_down = False
        last = np.array(self._strokes[-1][-2:], float)
        self.canvas.stroke_lines([last.mean(0), last[-1]])
        self._read()

    def _redraw(self) -> None:
        """Draw everything anew, also on a canvas that has just appeared in a page."""
        curves = [smooth(stroke) for stroke in self.strokes]
        canvas = self.canvas
        canvas._canvas_manager._current_canvas = None  # a reloaded page does not know which it was
        with hold_canvas():
            canvas.fill_style = "black"
            canvas.fill_rect(0, 0, SIDE, SIDE)
            canvas.fill_style = canvas.stroke_style = "white"
            canvas.line_width, canvas.line_cap, canvas.line_join = PEN, "round", "round"
            for curve in curves:
                canvas.fill_circle(*curve[0], PEN / 2)
                if len(curve) > 1:
                    canvas.stroke_lines(curve)

    def _read(self) -> None:
        answers, problem = {}, ""
        try:
            answers = self._answers() if self._strokes else {}
        except Exception as error:
            problem = _sentence(error)
        self._updates += 1
        self.result.value = readout(self.image, self._readers, answers, self._updates)
        hint = "" if self._strokes else "Draw a digit with the mouse, a pen or a finger."
        self.status.value = status_line(problem or hint, bool(problem))

    def _answers(self) -> dict[str, np.ndarray]:
        image = self.image[None]  # (1, 28, 28)
        return {name: _ask(reader, image) for name, reader in self._readers.items()}

    def _guarded(self, action: Callable) -> Callable:
        """The same action, its errors shown in the status line: callbacks have no other place."""

        def handler(*args) -> None:
            try:
                with self._lock:
                    action(*args)
            except Exception as error:
                self.status.value = status_line(_sentence(error), True)

        return handler


def _ask(model, image: np.ndarray) -> np.ndarray:
    proba = np.asarray(model.predict_proba(image), float)
    if proba.shape != (1, 10) or not np.isfinite(proba).all():
        raise LabError(f"{type(model).__name__} does not give ten probabilities.")
    return proba[0]


def _sentence(error: Exception) -> str:
    return str(error) if isinstance(error, LabError) else f"{type(error).__name__}: {error}"
