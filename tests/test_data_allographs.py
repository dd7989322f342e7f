"""Drawn ways of writing: digits that can be read, and a hand that never writes twice the same."""

import numpy as np
import pytest
from hostile import assert_one_sentence
from shapes import RING, SEVEN, ink_box

from helpers import ROOT, LabError
from helpers.cnn import DigitCNN
from helpers.data import draw_forms, jitter, redraw, with_allographs
from helpers.data.allographs import FORMS, form_strokes
from helpers.recogniser import evaluate, read
from helpers.strokes import rasterize


@pytest.fixture(scope="module")
def cnn() -> DigitCNN:
    return DigitCNN.load(ROOT / "models" / "cnn.safetensors")


def test_forms_come_after_the_digits_as_many_of_each(mnist):
    images, labels = mnist.train_images[:50], mnist.train_labels[:50]
    more_images, more_labels = with_allographs(images, labels, each=20, seed=1)
    np.testing.assert_array_equal(more_images[:50], images)
    np.testing.assert_array_equal(more_labels[:50], labels)
    np.testing.assert_array_equal(np.bincount(more_labels[50:]), [20] * 10)
    assert more_images.dtype == np.uint8 and more_labels.dtype == labels.dtype
    np.testing.assert_array_equal(with_allographs(images, labels, 20, seed=1)[0], more_images)
    assert (with_allographs(images, labels, 20, seed=2)[0] != more_images).any()
    assert len(with_allographs(images, labels, each=0)[0]) == 50


def test_every_form_is_a_line_that_draws_inside_the_box():
    images, labels = draw_forms()
    assert len(images) == sum(map(len, FORMS.values())) and sorted(set(labels)) == [*range(10)]
    for image in images:
        assert max(ink_box(image)) == 20 and image.max() == 255
    for weight, form in (line for lines in FORMS.values() for line in lines):
        points = np.concatenate(form_strokes(form))
        assert weight > 0 and (points > -30).all() and (points < [90, 100]).all(), form


def test_every_form_is_read_as_its_digit(cnn):
    images, labels = draw_forms()
    wrong = np.flatnonzero(read(cnn, images) != labels)
    assert [f"a {labels[i]} of the sheet, number {i}" for i in wrong] == []


def test_what_is_drawn_a_little_differently_stays_its_digit(cnn, mnist):
    images, labels = with_allographs(mnist.train_images[:1], mnist.train_labels[:1], each=50)
    assert evaluate(cnn, images, labels) > 0.97
    assert len(np.unique(images, axis=0)) == len(images)


def test_jitter_draws_the_same_thing_again_and_never_twice_the_same():
    rng = np.random.default_rng(0)
    first, second = jitter(RING, rng), jitter(RING, rng)
    assert first[0].shape == RING[0].shape and np.abs(first[0] - second[0]).max() > 5
    np.testing.assert_array_equal(jitter(RING, np.random.default_rng(0))[0], first[0])
    middles = [jitter(SEVEN, rng)[0].mean(0) for _ in range(200)]
    assert np.abs(np.mean(middles, axis=0) - SEVEN[0].mean(0)).max() < 10  # of 300 pixels
    far = [1000 * stroke + 1e6 for stroke in SEVEN]
    same = jitter(far, np.random.default_rng(3))[0]
    np.testing.assert_allclose((same - 1e6) / 1000, jitter(SEVEN, np.random.default_rng(3))[0])


def test_a_stroke_of_many_points_is_bent_and_not_roughened():
    line = [np.column_stack([np.full(n, 300.0), np.linspace(100, 500, n)]) for n in (2, 5, 1000)]
    for stroke in line:
        turns, spreads = [], []
        for seed in range(50):
            again = jitter([stroke], np.random.default_rng(seed))[0]
            steps = np.diff(again, axis=0)
            turns.append(np.abs(np.diff(np.unwrap(np.arctan2(*steps.T)))).sum())
            spreads.append(again[0] - again[-1])
        assert np.mean(turns) < 5  # radians along the whole stroke
        assert 10 < np.std(spreads, axis=0)[1] < 100  # whatever the number of points


def test_corners_stay_corners():
    strokes = [np.array([[0, 0], [60, 0], [60, 0], [20, 99.0]])]
    again = jitter(strokes, np.random.default_rng(0))[0]
    np.testing.assert_allclose(again[1], again[2])


def test_redraw_takes_a_drawing_with_taps_and_points_that_are_none():
    rng = np.random.default_rng(0)
    tap = [np.array([[17.0, 400]])]
    assert redraw(tap, rng).any() and redraw([*RING, np.array([[np.nan, 1]])], rng).any()
    assert np.abs(redraw(SEVEN, rng).astype(int) - rasterize(SEVEN)).mean() < 60


@pytest.mark.parametrize("nothing", [[], [np.zeros((0, 2))], [np.array([[np.nan, 1]])], None])
def test_nothing_cannot_be_drawn_again(nothing):
    with pytest.raises(LabError, match="strokes") as caught:
        redraw(nothing, np.random.default_rng(0))
    assert_one_sentence(caught.value)


def test_a_hand_that_wobbles_less_stays_nearer():
    spreads = [
        np.std([jitter(RING, np.random.default_rng(n), wobble)[0][0] for n in range(50)])
        for wobble in (0.01, 0.1)
    ]
    assert spreads[0] < spreads[1]
    with pytest.raises(LabError, match="wobble must be a finite number") as caught:
        jitter(RING, np.random.default_rng(0), wobble=float("nan"))
    assert_one_sentence(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        {"images": np.zeros((2, 8, 8), np.uint8)},
        {"labels": np.arange(3)},
        {"each": -1},
        {"each": 0.5},
        {"each": "many"},
        {"seed": -1},
    ],
)
def test_other_arguments_are_refused(change):
    arguments = {"images": np.zeros((2, 28, 28), np.uint8), "labels": np.array([0, 1])} | change
    with pytest.raises(LabError, match=f"{next(iter(change))}") as caught:
        with_allographs(**arguments)
    assert_one_sentence(caught.value)
