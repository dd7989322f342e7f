"""Digits in ways of writing that MNIST lacks (allographs), drawn with the pad's own pen.

`forms.py` holds the forms; `python benchmarks/allographs.py` draws the sheet of them.
"""

from collections.abc import Sequence

import numpy as np

from .. import LabError
from ..recogniser import check_counts, check_digits, check_labels, check_numbers
from ..strokes import clean, rasterize
from .forms import FORMS

NEAR, WAVES = 0.15, 32  # a hand strays over this share of a digit's size; waves that it is made of


def with_allographs(
    images: np.ndarray, labels: np.ndarray, each: int = 1000, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Images uint8 (N, 28, 28) and labels (N,), then `each` drawn images of each digit.

    Each form of `forms.py` comes as often as it is usual, every time written a little differently
    (`redraw`), at random by `seed`. Raises LabError for no images and labels, and for an `each` or
    a `seed` that is no whole number.
    """
    images, labels = check_digits(images, labels)
    check_counts(0, each=each, seed=seed)
    rng = np.random.default_rng(seed)
    drawn = [images]
    for forms in FORMS.values():
        usual = np.array([weight for weight, _ in forms])
        chosen = rng.choice(len(forms), each, p=usual / usual.sum())
        drawn += [redraw(form_strokes(forms[i][1]), rng)[None] for i in chosen]
    return np.concatenate(drawn), np.concatenate([labels, np.repeat([*FORMS], each)])


def with_drawings(
    images: np.ndarray,
    labels: np.ndarray,
    drawings: Sequence[Sequence[np.ndarray]],
    digits: np.ndarray,
    times: int = 100,
    seed: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """Images uint8 (N, 28, 28) and labels (N,), then each drawing `times` times, as by one hand.

    `drawings` are the strokes of M drawings, as the pad keeps them, and `digits` (M,) what they
    are: each is a form of your own, met every time a little differently (`redraw`), never as it
    was drawn. Raises LabError for others, and for a `times` or a `seed` that is no whole number.
    """
    images, labels = check_digits(images, labels)
    check_counts(times=times)
    check_counts(0, seed=seed)
    digits = check_labels(digits, len(drawings))
    rng = np.random.default_rng(seed)
    drawn = [redraw(strokes, rng, 0.02)[None] for strokes in drawings for _ in range(times)]
    return np.concatenate([images, *drawn]), np.concatenate([labels, digits.repeat(times)])


def draw_forms() -> tuple[np.ndarray, np.ndarray]:
    """Every form of `forms.py` once, as it stands there: uint8 (n, 28, 28), their digits (n,)."""
    forms = [(digit, form) for digit, lines in FORMS.items() for _, form in lines]
    images = np.stack([rasterize(form_strokes(form)) for _, form in forms])
    return images, np.array([digit for digit, _ in forms])


def form_strokes(form: str) -> list[np.ndarray]:
    """The strokes of a form, float arrays (n_points, 2): see `forms.py` for how it is written."""
    strokes = [[point.split(",") for point in stroke.split()] for stroke in form.split("/")]
    return [np.array(stroke, float) for stroke in strokes]


def redraw(
    strokes: Sequence[np.ndarray], rng: np.random.Generator, wobble: float = 0.04
) -> np.ndarray:
    """The image uint8 (28, 28) of strokes as the same hand might write them again, with any pen.

    For a drawing of many points a `wobble` of 0.02 is enough: no curve smooths it out.
    """
    return rasterize(jitter(strokes, rng, wobble), rng.uniform(1.8, 3.2))


def jitter(
    strokes: Sequence[np.ndarray], rng: np.random.Generator, wobble: float = 0.04
) -> list[np.ndarray]:
    """Strokes (n_points, 2) as the same hand might write them again, about where they were.

    The pen strays from its way by `wobble` of the drawing's size (a standard deviation), by twice
    as much at the ends: smoothly, so that what is near stays near, in a form of three points as in
    a drawing of a thousand. Each stroke is misplaced by half of `wobble`; all of them are slanted,
    turned and made wider or narrower. Raises LabError where there is no point, and for a `wobble`
    that is negative or not finite.
    """
    check_numbers(wobble=wobble)
    strokes = clean(strokes)
    if not strokes:
        raise LabError("strokes must be a list of arrays (n_points, 2), with one point or more.")
    points = np.concatenate(strokes)
    middle, size = points.mean(0), np.ptp(points, axis=0).max()
    lean, angle, wide = rng.normal(0, 0.2), rng.normal(0, 0.08), np.exp(rng.normal(0, 0.25))
    turn = [[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]
    matrix = np.array([[wide, 0], [-lean, 1]]) @ turn
    again = []
    for stroke in strokes:
        way = np.r_[0, np.cumsum(np.hypot(*np.diff(stroke, axis=0).T))] / (size or 1)
        ends = 1 + np.exp(-np.minimum(way, way[-1] - way) / NEAR)  # 2 at the ends, 1 between
        move = wobble * (ends[:, None] * _wander(way, rng) + rng.normal(0, 0.5, 2))
        again.append((stroke + size * move - middle) @ matrix + middle)
    return again


def _wander(way: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A smooth random walk along a way (n,): (n, 2), standard deviation 1, new after `NEAR`.

    Waves of random lengths add up to a Gaussian process (Rahimi and Recht, 2007).
    """
    phase = np.outer(way, rng.normal(0, 1 / NEAR, WAVES)) + rng.uniform(0, 2 * np.pi, WAVES)
    return np.cos(phase) @ rng.normal(0, np.sqrt(2 / WAVES), (WAVES, 2))
