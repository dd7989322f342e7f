"""Digits distorted in torch: each in its own way, and no more than is said."""

import pytest
import torch

from helpers.augment import distort

QUIET = {"rotation": 0, "scale": 0, "slant": 0, "shift": 0}


def test_without_strength_distort_changes_nothing(mnist):
    images = torch.from_numpy(mnist.test_images[:20])
    same = distort(images, **QUIET)
    torch.testing.assert_close(same, images.float(), atol=0.01, rtol=0)


@pytest.mark.parametrize("strength", [{"shift": 3}, {"elastic": 1}, {"thickness": 1}])
def test_distort_draws_anew_for_each_digit_and_keeps_the_range(mnist, strength):
    torch.manual_seed(0)
    image = torch.from_numpy(mnist.test_images[:1])
    distorted = distort(image.repeat(50, 1, 1), **QUIET | strength)
    assert distorted.shape == (50, 28, 28) and distorted.dtype == torch.float32
    assert distorted.min() >= 0 and distorted.max() <= 255.01
    assert len(distorted.flatten(1).unique(dim=0)) == 50


def test_shifts_move_the_centre_of_mass_to_all_sides():
    torch.manual_seed(0)
    image = torch.zeros(400, 28, 28, dtype=torch.uint8)
    image[:, 13:15, 13:15] = 200
    shifted = distort(image, **QUIET | {"shift": 3})
    pixels = torch.arange(28) - 13.5
    for axis in (1, 2):
        centre = (shifted.sum(axis) * pixels).sum(1) / shifted.sum((1, 2))
        assert -3.01 < centre.min() < -2.5 and 2.5 < centre.max() < 3.01


def test_thickness_changes_the_ink_both_ways(mnist):
    torch.manual_seed(0)
    image = torch.from_numpy(mnist.test_images[:1])
    ink = distort(image.repeat(100, 1, 1), **QUIET, thickness=1).sum((1, 2))
    assert ink.min() < 0.6 * image.sum() and ink.max() > 1.4 * image.sum()
