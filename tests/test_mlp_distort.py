"""Digits distorted in NumPy: still digits, and changed as much as is said."""

import numpy as np
import pytest
import torch
from shapes import centres
from torch.nn import functional as F

from helpers import LabError
from helpers.mlp.distort import BASIS, distort_digits, swell, warp

QUIET = {"rotation": 0, "scale": 0, "slant": 0, "shift": 0, "elastic": 0, "thickness": 0}


@pytest.fixture(scope="module")
def digits(mnist):
    return mnist.train_images[:300]


def test_without_strength_nothing_changes(digits):
    same = distort_digits(digits, np.random.default_rng(0), **QUIET)
    np.testing.assert_array_equal(same, digits)


def test_every_digit_changes_in_its_own_way_and_the_input_not_at_all(digits):
    before = digits.copy()
    first = distort_digits(np.repeat(digits[:1], 50, 0), np.random.default_rng(1))
    assert first.dtype == np.uint8 and first.shape == (50, 28, 28)
    assert len({image.tobytes() for image in first}) == 50
    again = distort_digits(np.repeat(digits[:1], 50, 0), np.random.default_rng(1))
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(digits, before)


def test_shifts_go_to_all_sides_and_no_further_than_asked(digits):
    shifted = distort_digits(digits, np.random.default_rng(0), **QUIET | {"shift": 3})
    moved = centres(shifted) - centres(digits)
    assert moved.min() < -2.8 and moved.max() > 2.8
    assert np.abs(moved).max() <= 3.1
    assert np.abs(moved.mean(0)).max() < 0.3


def test_paper_comes_in_and_nothing_wraps_around():
    ink = np.full((200, 28, 28), 255, np.uint8)
    far = distort_digits(ink, np.random.default_rng(0), **QUIET | {"shift": 20})
    share = (far > 9).mean((1, 2))
    assert share.min() < 0.3 and share.max() > 0.9
    for image in far:
        rows, columns = image.max(1).astype(int), image.max(0).astype(int)
        assert np.abs(image - np.outer(rows, columns) / 255).max() <= 3  # one block of ink
        assert sum((np.diff(side) != 0).sum() for side in (rows, columns)) <= 4


def test_warps_are_those_of_torch(digits):
    rng = np.random.default_rng(3)
    affine = np.tile(np.eye(2, 3), (len(digits), 1, 1)) + rng.uniform(-0.3, 0.3, (300, 2, 3))
    affine[:, :, 2] *= 10  # pixels
    fields = np.zeros((300, 2, len(BASIS)), np.float32)
    fields[:, :, :3] = affine
    theirs = affine * [1, 1, 1 / 14]  # torch's grid runs from -1 to 1
    grid = F.affine_grid(torch.tensor(theirs).float(), [300, 1, 28, 28], align_corners=False)
    pixels = torch.from_numpy(digits)[:, None].float()
    expected = F.grid_sample(pixels, grid, align_corners=False)[:, 0].numpy()
    difference = np.abs(warp(digits, fields) - expected)
    assert difference.max() <= 4  # grey levels: our places are whole 256ths of a pixel
    assert difference.mean() < 0.5


@pytest.mark.parametrize("amount", [-1, -0.4, 0, 0.7, 1])
def test_swelling_is_that_of_torch(digits, amount):
    pixels = torch.from_numpy(digits)[:, None].float()
    thick, thin = F.max_pool2d(pixels, 3, 1, 1), -F.max_pool2d(-pixels, 3, 1, 1)
    other = thick if amount > 0 else thin
    expected = (pixels + abs(amount) * (other - pixels))[:, 0].numpy()
    ours = swell(digits, np.full(300, amount, float))
    inner = np.s_[:, 1:-1, 1:-1]  # torch knows nothing beyond the edge, we know that it is paper
    assert np.abs(ours - expected)[inner].max() <= 2


def test_elastic_fields_are_smooth_and_as_strong_as_said():
    fields = np.random.default_rng(0).normal(size=(2000, 36)) @ BASIS[3:]
    assert np.abs(fields.std(0) - 1).max() < 0.1
    grid = fields.reshape(-1, 28, 28)
    assert np.diff(grid, axis=2).std() < 0.25  # from a pixel to the next


def test_elastic_bends_and_keeps_the_ink(digits):
    bent = distort_digits(digits, np.random.default_rng(0), **QUIET | {"elastic": 1})
    assert (bent != digits).mean() > 0.1
    assert bent.mean() == pytest.approx(digits.mean(), rel=0.05)


@pytest.mark.parametrize(
    "strength", [{"thickness": 1.5}, {"rotation": np.nan}, {"shift": np.inf}, {"elastic": "much"}]
)
def test_strengths_that_would_draw_noise_are_refused(digits, strength):
    (name,) = strength
    with pytest.raises(LabError, match=name):
        distort_digits(digits, np.random.default_rng(0), **strength)


def test_only_digits_are_distorted(digits):
    rng = np.random.default_rng(0)
    for images in (digits / 255, digits[0], digits[:, :20], digits.tolist()):
        with pytest.raises(LabError, match="images"):
            distort_digits(images, rng)
    assert distort_digits(digits[:0], rng).shape == (0, 28, 28)
