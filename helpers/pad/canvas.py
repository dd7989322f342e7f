"""Strokes as they come from the mouse, a pen or a finger, and their ink on a canvas."""

import math
from collections.abc import Callable, Iterable

import numpy as np
from ipywidgets import Layout

from ..panel import Handler, NamedCanvas, drawn_at_once
from ..strokes import clean, smooth

SIDE, PEN = 640, 42  # canvas pixels; shown at half the size, so that HiDPI screens stay sharp
FAR = 100 * SIDE  # where no pen draws: a point that is said to be there is no point


class Ink:
    """The strokes drawn on `canvas`, lists of (x, y) in its pixels, x right and y down.

    `changed(settled)` is called whenever they change: with False while the pen moves. `guard` wraps
    each function that the browser calls.
    """

    def __init__(self, changed: Callable[[bool], None], guard: Callable[[Handler], Handler]):
        self.strokes: list[list[tuple[float, float]]] = []
        self.width: float = PEN
        self.pen_down = False
        self._changed = changed
        size = f"{SIDE // 2}px"
        layout = Layout(width=size, height=size)
        self.canvas = on = NamedCanvas(width=SIDE, height=SIDE, layout=layout)
        on.tooltip = "Draw a digit here"
        for event, action in (
            (on.on_client_ready, self.redraw),
            (on.on_mouse_down, self._press),
            (on.on_mouse_move, self._move),
            (on.on_mouse_up, lambda x, y: self._release()),
            (on.on_mouse_out, lambda x, y: self._release()),
            (on.on_touch_start, self._touch),
            (on.on_touch_move, lambda touches: self._move(*touches[0])),
            (on.on_touch_end, self._lift),
            (on.on_touch_cancel, lambda touches: self._release()),
        ):
            event(guard(action))

    def arrays(self) -> list[np.ndarray]:
        """The strokes as float arrays (n_points, 2)."""
        return [np.array(stroke, float) for stroke in self.strokes]

    def replace(self, strokes: Iterable[np.ndarray]) -> None:
        """Draw `strokes`, arrays (n_points, 2), in the place of what is there."""
        self.strokes = [[(x, y) for x, y in stroke.tolist()] for stroke in clean(strokes)]
        self.pen_down = False
        self.redraw()
        self._changed(True)

    def redraw(self) -> None:
        """Draw everything anew, also on a canvas that has just appeared in a page."""
        curves = [smooth(stroke.clip(-FAR, FAR)) for stroke in self.arrays()]
        with drawn_at_once(self.canvas) as canvas:
            canvas.fill_style = "black"
            canvas.fill_rect(0, 0, SIDE, SIDE)
            if not curves:
                canvas.fill_style, canvas.text_align = "#666", "center"
                canvas.font = "34px sans-serif"
                canvas.fill_text("draw a digit here", SIDE / 2, SIDE / 2)
            canvas.fill_style = canvas.stroke_style = "white"
            canvas.line_width, canvas.line_cap, canvas.line_join = self.width, "round", "round"
            for curve in curves:
                canvas.fill_circle(*curve[0], self.width / 2)
                if len(curve) > 1:
                    canvas.stroke_lines(curve)

    def _touch(self, touches: list[tuple[float, float]]) -> None:
        if not self.pen_down:  # a second finger does not draw
            self._press(*touches[0])

    def _lift(self, touches: list[tuple[float, float]]) -> None:
        stays = touches and self.pen_down and math.dist(touches[0], self.strokes[-1][-1]) < PEN
        if not stays:  # it was not the second finger
            self._release()

    def _press(self, x: float, y: float) -> None:
        if not _is_near(x, y):
            return
        self.strokes.append([(x, y)])
        self.pen_down = True
        if len(self.strokes) == 1:
            self.redraw()  # without the words on an empty canvas
        else:
            self.canvas.fill_circle(x, y, self.width / 2)

    def _move(self, x: float, y: float) -> None:
        if not self.pen_down or not _is_near(x, y):
            return
        stroke = self.strokes[-1]
        if stroke[-1] == (x, y):
            return
        stroke.append((x, y))
        last = np.array(stroke[-3:], float)  # ink follows as far as the curve is settled
        self.canvas.stroke_lines(smooth(last)[1:-1] if len(last) == 3 else [last[0], last.mean(0)])
        self._changed(False)

    def _release(self) -> None:
        if not self.pen_down:
            return
        self.pen_down = False
        last = np.array(self.strokes[-1][-2:], float)
        self.canvas.stroke_lines([last.mean(0), last[-1]])
        self._changed(True)


def _is_near(x: float, y: float) -> bool:
    return abs(x) <= FAR and abs(y) <= FAR  # not so where it is no number
