"""Digits with a stroke more: still digits, with the ink where it should be."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
from hostile import assert_one_sentence
from shapes import centres

from helpers import LabError
from helpers.data import variants, with_variants


def test_variants_come_after_the_digits_and_keep_their_labels(mnist):
    images, labels = mnist.train_images[:5000], mnist.train_labels[:5000]
    more_images, more_labels = with_variants(images, labels, share=0.2, seed=1)
    np.testing.assert_array_equal(more_images[:5000], images)
    np.testing.assert_array_equal(more_labels[:5000], labels)
    assert more_images.dtype == np.uint8 and more_labels.dtype == labels.dtype
    for digit in range(10):
        expected = round(0.2 * (labels == digit).sum()) if digit in (0, 1, 4, 7, 9) else 0
        assert (more_labels[5000:] == digit).sum() == expected
    again, _ = with_variants(images, labels, share=0.2, seed=1)
    np.testing.assert_array_equal(again, more_images)


def test_variants_are_centred_and_have_more_ink(mnist):
    of_three = np.isin(mnist.train_labels, (0, 1, 7))
    images, labels = mnist.train_images[of_three][:600], mnist.train_labels[of_three][:600]
    new, new_labels = (array[600:] for array in with_variants(images, labels, share=1))
    assert np.abs(centres(new) - 14).max() < 1
    for digit in (0, 1, 7):
        ink, was = new[new_labels == digit].mean(), images[labels == digit].mean()
        assert 1.1 < ink / was < 2


class Stroke(NamedTuple):
    """What was added to a digit, the rows and columns counted from its top left, and the digit."""

    rows: np.ndarray
    columns: np.ndarray
    ink: np.ndarray  # of the digit as it was, bool (height, width)

    def slope(self) -> float:
        """1 for a line that falls to the right, -1 for one that rises to the right."""
        return float(np.corrcoef(self.columns, self.rows)[0, 1])

    def crosses(self, row: float) -> bool:
        """Whether it goes from the left of the digit's ink in that row to the right of it."""
        there = np.flatnonzero(self.ink[round(row)])
        return bool(self.columns.min() < there.mean() < self.columns.max())


def is_slash(stroke: Stroke) -> bool:
    middle = np.abs([2 * stroke.rows - len(stroke.ink), 2 * stroke.columns - stroke.ink.shape[1]])
    by_the_middle = bool((middle <= 4).all(0).any())
    return stroke.slope() < -0.6 and by_the_middle and stroke.crosses(len(stroke.ink) / 2)


def is_bar(stroke: Stroke) -> bool:
    height = stroke.rows.mean() / len(stroke.ink)
    level = np.ptp(stroke.columns) > np.ptp(stroke.rows)
    return level and 0.4 < height < 0.7 and stroke.crosses(stroke.rows.mean())


def is_foot(stroke: Stroke) -> bool:
    at_the_end = stroke.rows.min() >= 0.75 * len(stroke.ink)
    return at_the_end and np.ptp(stroke.columns) >= 5 and stroke.crosses(len(stroke.ink) - 2)


def is_flag(stroke: Stroke) -> bool:
    flag = stroke.rows < 0.75 * len(stroke.ink)  # what is below is a foot
    rows, columns = stroke.rows[flag], stroke.columns[flag]
    stem = [np.flatnonzero(stroke.ink[row]).mean() for row in rows.clip(0)]
    return rows.min() < 0.2 * len(stroke.ink) and (columns < stem).mean() > 0.8


@pytest.fixture
def strokes(mnist, monkeypatch) -> Callable[[int], list[Stroke]]:
    """A function: what is added to 200 of a digit, where something is; they are not moved."""
    monkeypatch.setattr(variants, "centre", lambda image: image)

    def strokes(digit: int) -> list[Stroke]:
        found = []
        for seed, image in enumerate(mnist.train_images[mnist.train_labels == digit][:200]):
            _, new = with_variants(image[None], np.array([digit]), share=1, seed=seed)[0]
            assert (new >= image).all()
            ink = np.argwhere(image > 127)
            (top, left), (bottom, right) = ink.min(0), ink.max(0) + 1
            rows, columns = np.nonzero(new.astype(int) - image > 64)
            if len(rows):
                box = image[top:bottom, left:right] > 127
                found.append(Stroke(rows - top, columns - left, box))
        return found

    return strokes


@pytest.mark.parametrize(
    ("digit", "is_right"), [(0, is_slash), (1, is_flag), (4, is_foot), (7, is_bar), (9, is_foot)]
)
def test_the_stroke_is_where_it_belongs(strokes, digit, is_right):
    right = [is_right(stroke) for stroke in strokes(digit)]
    assert len(right) > 150 and np.mean(right) > 0.95


def test_every_other_one_with_a_flag_has_a_foot(strokes):
    feet = [
        stroke._replace(rows=stroke.rows[low], columns=stroke.columns[low])
        for stroke in strokes(1)
        if (low := stroke.rows > 0.9 * len(stroke.ink)).any()
    ]
    assert 75 < len(feet) < 125 and np.mean([is_foot(foot) for foot in feet]) > 0.9


@pytest.mark.parametrize(
    "change",
    [
        {"images": np.zeros((2, 8, 8), np.uint8)},
        {"labels": np.arange(3)},
        {"labels": np.array([0.0, 1.0])},
        {"share": float("nan")},
        {"share": -0.1},
        {"share": "half"},
        {"seed": -1},
        {"seed": 0.5},
    ],
)
def test_other_arguments_are_refused(change):
    arguments = {"images": np.zeros((2, 28, 28), np.uint8), "labels": np.array([0, 1])} | change
    with pytest.raises(LabError, match=f"{next(iter(change))}") as caught:
        with_variants(**arguments)
    assert_one_sentence(caught.value)


@pytest.mark.parametrize("row", [None, 0, 27])
def test_where_there_is_no_digit_nothing_is_drawn(row):
    images = np.zeros((5, 28, 28), np.uint8)
    images[:, row] = 0 if row is None else 255
    new, _ = with_variants(images, np.array([0, 1, 4, 7, 9]), share=1)
    assert (np.sort(new[5:], None) == np.sort(images, None)).all()
