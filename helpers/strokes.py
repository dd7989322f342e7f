"""From pen strokes to the image that MNIST would have shown."""

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike

from . import LabError

BOX, FIELD = 20, 28  # MNIST: the ink fills a box of 20 pixels, placed in a field of 28
INK_WIDTH = 2.4  # pixels of the field: gives real strokes the mean brightness of MNIST, 0.13
LONG = 10_000  # points of a stroke that are drawn at a time


def rasterize(strokes: Iterable[ArrayLike], ink_width: float = INK_WIDTH) -> np.ndarray:
    """The drawing as MNIST would have shown it: uint8 (28, 28), ink 255 on paper 0.

    `strokes` are arrays (n_points, 2) in canvas pixels, x to the right and y down; place, size and
    pen of the drawing do not matter. What is no finite point is dropped, an empty drawing gives
    an empty image. As in MNIST (LeCun et al., 1998; http://yann.lecun.com/exdb/mnist) the ink keeps
    its aspect, its longer side is 20 pixels, and whole pixels shift its centre of mass to the
    centre, the pixel (14, 14). `ink_width`, in pixels of the image, counts as ink.

    Raises LabError for an `ink_width` outside 0.5..10, and nothing else, whatever the strokes are.
    """
    if not 0.5 <= ink_width <= BOX / 2:
        raise LabError(f"ink_width must lie between 0.5 and {BOX / 2:.0f} pixels, not {ink_width}.")
    curves = [smooth(piece) for piece in _bounded(clean(strokes))]
    if not curves:
        return np.zeros((FIELD, FIELD), np.uint8)
    middle, scale = _fit(curves, ink_width)
    grid = np.zeros((8 * BOX + 1, 8 * BOX + 1), bool)  # a scribble meets the same places often
    for curve in curves:
        dabs = _walk((curve - middle) * scale, ink_width / 10)
        grid[tuple(np.round(8 * (dabs + BOX / 2)).astype(int).T)] = True
    x, y = np.array(grid.nonzero()) / 8

    centres = np.arange(BOX) + 0.5  # the pen is a disc: what it covers of a pixel is its ink
    across = (x - centres[:, None]) ** 2  # (20, n)
    distance = np.sqrt([(across + (y - centre) ** 2).min(1) for centre in centres])
    ink = np.clip(ink_width / 2 - distance + 0.5, 0, 1)  # (20, 20), rows from the top

    mass_y, mass_x = (ink.sum(axis) @ np.arange(BOX) / ink.sum() for axis in (1, 0))
    # The last bits of such sums depend on the machine: a tie, as of a straight line, must not.
    shifts = (round(FIELD / 2 - round(mass, 9)) for mass in (mass_y, mass_x))
    top, left = (int(np.clip(shift, 0, FIELD - BOX)) for shift in shifts)
    image = np.zeros((FIELD, FIELD), np.uint8)
    image[top : top + BOX, left : left + BOX] = np.round(255 * ink)
    return image


def clean(strokes: Iterable[ArrayLike]) -> list[np.ndarray]:
    """The strokes as float arrays (n_points, 2), n_points > 0, of finite numbers.

    Other points are dropped, and what is not made of pairs of numbers is no stroke at all.
    """
    try:
        arrays = [_points(stroke) for stroke in strokes]
    except TypeError:  # not even a list
        return []
    arrays = [stroke[np.isfinite(stroke).all(1)] for stroke in arrays]
    return [stroke for stroke in arrays if len(stroke)]


def _points(stroke: ArrayLike) -> np.ndarray:
    try:
        points = np.asarray(stroke, float)
    except Exception:  # NumPy has many ways to say that these are no numbers
        points = np.empty(0)
    return points.reshape(-1, 2) if points.shape[-1:] == (2,) else np.empty((0, 2))


def _bounded(strokes: list[np.ndarray]) -> list[np.ndarray]:
    """The same drawing with its largest coordinate in 0.5..1, in pieces of at most `LONG` points.

    Scaled by a power of two, no digit of a coordinate changes and no difference overflows. Pieces
    share their ends; they keep the memory small that a very long stroke takes.
    """
    largest = max((float(np.abs(stroke).max()) for stroke in strokes), default=0.0)
    exponent = -math.frexp(largest)[1]
    return [
        np.ldexp(stroke[start : start + LONG + 1], exponent)
        for stroke in strokes
        for start in range(0, max(1, len(stroke) - 1), LONG)
    ]


def _fit(curves: list[np.ndarray], ink_width: float) -> tuple[np.ndarray, float]:
    """The middle (2,) of the curves, and what to scale them by so that their ink fills the box."""
    low = np.min([curve.min(0) for curve in curves], axis=0)
    high = np.max([curve.max(0) for curve in curves], axis=0)
    extent = (high - low).max()
    scale = (BOX - ink_width) / extent if extent > 1e-12 else 0.0  # less is rounding
    return (low + high) / 2, scale


def smooth(stroke: np.ndarray, pieces: int = 8) -> np.ndarray:
    """A smooth curve for the points (n, 2) of a stroke, from its first to its last point.

    Parabolas run from the middle of one segment to the middle of the next, with the point between
    as their control point; each is given as `pieces` short lines.
    """
    if len(stroke) < 3:
        return stroke
    middles = (stroke[:-1] + stroke[1:]) / 2
    start, control, end = middles[:-1, None], stroke[1:-1, None], middles[1:, None]
    t = np.linspace(0, 1, pieces + 1)[:, None]
    curve = (1 - t) ** 2 * start + 2 * t * (1 - t) * control + t**2 * end  # (n - 2, pieces + 1, 2)
    return np.concatenate([stroke[:1], curve.reshape(-1, 2), stroke[-1:]])


def _walk(curve: np.ndarray, step: float) -> np.ndarray:
    """Points on a curve (n, 2), at equal distances of at most `step`."""
    length = np.r_[0, np.cumsum(np.hypot(*np.diff(curve, axis=0).T))]
    at = np.linspace(0, length[-1], math.ceil(length[-1] / step) + 1)
    return np.column_stack([np.interp(at, length, curve[:, i]) for i in (0, 1)])
