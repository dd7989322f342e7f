"""From strokes to the pixels that MNIST would have shown."""

import numpy as np
import pytest
from shapes import RING, SEVEN, centres, ink_box

from helpers.pad import rasterize, smooth


@pytest.mark.parametrize("strokes", [RING, SEVEN, [RING[0][:, ::-1]]], ids=["ring", "7", "flat"])
def test_the_ink_fills_the_box_of_mnist_and_its_mass_is_in_the_middle(strokes):
    image = rasterize(strokes)
    assert image.shape == (28, 28) and image.dtype == np.uint8
    assert image.max() == 255
    assert max(ink_box(image)) == 20
    assert np.abs(centres(image[None]) - 14).max() <= 0.51


def test_the_aspect_is_kept():
    height, width = ink_box(rasterize(RING))
    assert height == 20
    assert width == pytest.approx(2.4 + (20 - 2.4) * 160 / 300, abs=1.2)
    assert ink_box(rasterize([np.array([[5, 5], [5, 400.0]])]))[1] <= 4


def test_place_and_size_do_not_matter():
    image = rasterize(SEVEN).astype(int)
    for scale, shift in ((0.1, 0), (1, 250), (5, -1000)):
        moved = rasterize([scale * stroke + shift for stroke in SEVEN])
        assert np.abs(moved - image).max() <= 8


def test_a_narrow_digit_is_centred_and_no_ink_is_cut_off():
    corner = [np.array([[0, 0], [0, 400], [300, 400.0]]), np.array([[0, 0], [10, 400.0]])] * 3
    image = rasterize(corner)
    assert max(ink_box(image)) == 20
    thin = rasterize([np.array([[300, 100], [310, 500.0]])])
    assert np.abs(centres(thin[None]) - 14).max() <= 0.51


def test_nothing_drawn_is_nothing_seen():
    for nothing in ([], [np.zeros((0, 2))], [[]], [np.array([[np.nan, 1]])]):
        assert rasterize(nothing).sum() == 0


def test_a_tap_is_a_dot():
    image = rasterize([np.array([[17.0, 400]])])
    assert 0 < (image > 0).sum() <= 16 and max(ink_box(image)) <= 4
    assert np.array_equal(image, rasterize([np.array([[17.0, 400]] * 5)]))


def test_points_that_are_no_numbers_are_dropped():
    spoilt = [np.insert(SEVEN[0], 2, [[np.nan, 3], [np.inf, 9]], axis=0)]
    assert np.array_equal(rasterize(spoilt), rasterize(SEVEN))


def test_lines_are_anti_aliased_and_as_bright_as_in_mnist():
    image = rasterize(RING)
    grey = ((image > 0) & (image < 250)).sum() / (image > 0).sum()
    assert 0.4 < grey < 0.8  # 0.62 in MNIST


def test_smoothing_keeps_the_ends_and_rounds_the_corner():
    corner = np.array([[0, 0], [10, 0], [10, 10.0]])
    curve = smooth(corner)
    assert np.array_equal(curve[[0, -1]], corner[[0, -1]])
    assert np.hypot(*(curve - corner[1]).T).min() > 1
    assert curve.min() >= 0 and curve.max() <= 10
    for short in (corner[:1], corner[:2]):
        assert np.array_equal(smooth(short), short)
