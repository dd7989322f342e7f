"""Drawings that are no digits, for `benchmarks/strokes.py`: letters, shapes, scribbles.

Written as `helpers/data/forms.py` writes digits, and varied by the same hand. Letters that can be
read as digits (B, D, G, I, L, O, Q, S, Z) are left out.
"""

import numpy as np

from helpers.data.allographs import form_strokes, redraw

LETTERS = {
    "A": "0,99 30,0 30,0 60,99 / 12,62 48,62",
    "C": "58,12 30,0 5,30 5,70 30,99 58,87",
    "E": "60,0 0,0 0,0 0,99 0,99 60,99 / 0,50 48,50",
    "F": "60,0 0,0 0,0 0,99 / 0,48 45,48",
    "H": "0,0 0,99 / 60,0 60,99 / 0,50 60,50",
    "J": "20,0 60,0 / 45,0 45,80 30,99 5,90 0,75",
    "K": "0,0 0,99 / 55,0 0,55 / 15,42 60,99",
    "M": "0,99 0,0 0,0 35,60 35,60 70,0 70,0 70,99",
    "N": "0,99 0,0 0,0 60,99 60,99 60,0",
    "P": "0,99 0,0 / 0,0 55,0 60,30 50,52 0,52",
    "R": "0,99 0,0 / 0,0 55,0 58,30 45,50 0,50 / 20,50 60,99",
    "T": "0,0 70,0 / 35,0 35,99",
    "U": "0,0 0,75 20,99 45,99 60,75 60,0",
    "V": "0,0 30,99 30,99 60,0",
    "W": "0,0 20,99 20,99 40,20 40,20 60,99 60,99 80,0",
    "X": "0,0 60,99 / 60,0 0,99",
    "Y": "0,0 30,50 / 60,0 30,50 30,50 30,99",
}
SHAPES = {
    "triangle": "40,0 80,80 80,80 0,80 0,80 40,0",
    "square": "0,0 80,0 80,0 80,80 80,80 0,80 0,80 0,0",
    "arrow": "0,50 90,50 / 60,20 90,50 90,50 60,80",
    "star": "20,99 50,0 50,0 80,99 80,99 0,38 0,38 99,38 99,38 20,99",
    "heart": "50,99 0,45 0,10 35,0 50,30 50,30 65,0 99,10 99,45 50,99",
    "wave": "0,30 20,0 40,60 60,0 80,60 99,30",
    "house": "0,99 0,40 0,40 40,0 40,0 80,40 80,40 80,99 80,99 0,99",
}


def scribble(rng: np.random.Generator) -> list[np.ndarray]:
    """One stroke through five to fourteen random points."""
    return [rng.uniform(0, 100, (rng.integers(5, 15), 2))]


def draw_no_digits(each: int = 20, seed: int = 0) -> dict[str, np.ndarray]:
    """Images uint8 (n, 28, 28) of letters, shapes and scribbles: `each` of every form."""
    rng = np.random.default_rng(seed)
    drawn = {
        kind: np.stack(
            [redraw(form_strokes(form), rng) for form in forms.values() for _ in range(each)]
        )
        for kind, forms in (("letters", LETTERS), ("shapes", SHAPES))
    }
    scribbles = [redraw(scribble(rng), rng) for _ in range(10 * each)]
    return drawn | {"scribbles": np.stack(scribbles)}
