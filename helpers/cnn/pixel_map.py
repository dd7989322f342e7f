"""Pictures whose pixels can be clicked, and the colours of their numbers."""

from collections.abc import Callable

import numpy as np
from ipywidgets import HTML, Layout, VBox

from ..panel import Handler, NamedCanvas, drawn_at_once

# Okabe and Ito's blue and orange: told apart by colour-blind eyes.
NEGATIVE, POSITIVE = np.array([0, 114, 178]), np.array([230, 159, 0])
Frame = tuple[int, int, int, str]  # row, column, pixels a side, colour


class PixelMap:
    """Pixels on a canvas, to be clicked, touched and dragged over: `pick(row, column)` hears of it.

    `colors` are uint8 (n, n, 3), each shown as a square of `cell` canvas pixels. `guard` wraps each
    function that the browser calls.
    """

    def __init__(
        self,
        name: str,
        colors: np.ndarray,
        cell: int,
        pick: Callable[[int, int], None],
        guard: Callable[[Handler], Handler],
    ):
        self._colors, self._cell, self._pick = colors, cell, pick
        self._frames: tuple[Frame, ...] = ()
        self._pressed = False
        self._last: tuple[float, float] | None = None  # where the pointer was
        side = len(colors) * cell
        self.canvas = on = NamedCanvas(width=side, height=side, layout=Layout(width="100%"))
        on.tooltip = f"{name}: click, or use the arrow keys"
        caption = HTML(f'<div class="dp-label">{name}, {len(colors)} × {len(colors)}</div>')
        self.captioned = VBox([caption, on], layout=Layout(flex=f"{side} {side} 0px"))
        for event, action in (
            (on.on_client_ready, self.draw_again),
            (on.on_mouse_down, self._press),
            (on.on_mouse_move, self._move),
            (on.on_mouse_up, lambda x, y: self._release()),
            (on.on_mouse_out, lambda x, y: self._release()),
            (on.on_touch_start, lambda touches: self._press(*touches[0])),
            (on.on_touch_move, lambda touches: self._move(*touches[0])),
            (on.on_touch_end, lambda touches: self._release()),
            (on.on_touch_cancel, lambda touches: self._release()),
        ):
            event(guard(action))

    def draw(self, *frames: Frame) -> None:
        """Draw the pixels, and these frames around some of them."""
        self._frames = frames
        self.draw_again()

    def draw_again(self) -> None:
        """The same once more, on a canvas that has just appeared in a page."""
        n, cell = len(self._colors), self._cell
        rows, columns = np.nonzero((self._colors < 255).any(2))  # the others are the paper
        with drawn_at_once(self.canvas) as canvas:
            canvas.fill_style = "white"
            canvas.fill_rect(0, 0, n * cell)
            if len(rows):
                colors = self._colors[rows, columns]
                canvas.fill_styled_rects(columns * cell, rows * cell, cell, cell, colors)
            for color, width in (("white", 11), ("", 7)):  # a halo lets them stand out on ink
                for *corner, size, own in self._frames:
                    canvas.stroke_style, canvas.line_width = color or own, width
                    top, left = (max(at * cell - 3, 3) for at in corner)  # around, not across,
                    bottom, right = (min((at + size) * cell + 3, n * cell - 3) for at in corner)
                    canvas.stroke_rect(left, top, right - left, bottom - top)

    def _press(self, x: float, y: float) -> None:
        self._pressed = True
        self._move(x, y)

    def _move(self, x: float, y: float) -> None:
        n = len(self._colors)
        row, column = y // self._cell, x // self._cell
        if self._pressed and 0 <= row < n and 0 <= column < n and (row, column) != self._last:
            self._last = row, column
            self._pick(int(row), int(column))

    def _release(self) -> None:
        self._pressed, self._last = False, None


def greys(pixels: np.ndarray) -> np.ndarray:
    """Colours, uint8 (..., 3), of pixels from 0 (white) to 1 (black)."""
    return np.repeat(np.round(255 * (1 - pixels)).astype(np.uint8)[..., None], 3, -1)


def diverging(values: np.ndarray, limit: float) -> np.ndarray:
    """Colours, uint8 (..., 3), of values: orange at `limit`, white at 0, blue at -`limit`."""
    share = np.clip(np.asarray(values) / (limit or 1), -1, 1)[..., None]
    pole = np.where(share < 0, NEGATIVE, POSITIVE)
    return np.round(255 + (pole - 255) * np.abs(share)).astype(np.uint8)
