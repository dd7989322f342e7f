"""From pen strokes to the image that MNIST would have shown."""

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike

BOX, FIELD = 20, 28  # MNIST: the ink fills a box of 20 pixels, placed in a field of 28
INK_WIDTH = 2.4  # pixels of the field: gives real strokes the mean brightness of MNIST, 0.13


def rasterize(strokes: Iterable[ArrayLike], ink_width: float = INK_WIDTH) -> np.ndarray:
    """The drawing as MNIST would have shown it: uint8 (28, 28), ink 255 on paper 0.

    `strokes` are arrays (n_points, 2) in canvas pixels, x to the right and y down; place, size and
    pen of the drawing do not matter. Points that are not finite are dropped, an empty drawing gives
    an empty image. As in MNIST (LeCun et al., 1998; http://yann.lecun.com/exdb/mnist) the ink keeps
    its aspect, its longer side is 20 pixels, and whole pixels shift its centre of mass to the
    centre, the pixel (14, 14). `ink_width`, in pixels of the image, counts as ink.
    """
    curves = [smooth(stroke) for stroke in clean(strokes)]
    if not curves:
        return np.zeros((FIELD, FIELD), np.uint8)
    points = np.concatenate(curves)
    middle, extent = (points.min(0) + points.max(0)) / 2, np.ptp(points, axis=0).max()
    scale = (BOX - ink_width) / extent if extent else 1.0
    dabs = np.concatenate([_walk((curve - middle) * scale, ink_width / 10) for curve in curves])
    grid = np.zeros((8 * BOX + 1, 8 * BOX + 1), bool)  # a scribble meets the same places often
    grid[tuple(np.round(8 * (dabs + BOX / 2)).astype(int).T)] = True
    x, y = np.array(grid.nonzero()) / 8

    centres = np.arange(BOX) + 0.5  # the pen is a disc: what it covers of a pixel is its ink
    across = (x - centres[:, None]) ** 2  # (20, n)
    distance = np.sqrt([(across + (y - centre) ** 2).min(1) for centre in centres])
    ink = np.clip(ink_width / 2 - distance + 0.5, 0, 1)  # (20, 20), rows from the top

    mass_y, mass_x = (ink.sum(axis) @ np.arange(BOX) / ink.sum() for axis in (1, 0))
    top, left = (int(np.clip(round(FIELD / 2 - m), 0, FIELD - BOX)) for m in (mass_y, mass_x))
    image = np.zeros((FIELD, FIELD), np.uint8)
    image[top : top + BOX, left : left + BOX] = np.round(255 * ink)
    return image


def clean(strokes: Iterable[ArrayLike]) -> list[np.ndarray]:
    """The strokes as float arrays (n_points, 2), without points that are not finite numbers."""
    arrays = [np.asarray(stroke, float).reshape(-1, 2) for stroke in strokes]
    arrays = [stroke[np.isfinite(stroke).all(1)] for stroke in arrays]
    return [stroke for stroke in arrays if len(stroke)]


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
