"""Digits distorted in torch: each in its own way, and no more than is said."""

import pytest
import torch

from helpers.cnn.distort import _spread, distort

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


def test_half_the_strength_is_half_of_everything(mnist):
    images = torch.from_numpy(mnist.test_images[:20])
    distorted = []
    for strength, share in ((0.5, 1), (1, 0.5)):
        torch.manual_seed(0)
        amounts = {"rotation": 10, "scale": 0.1, "slant": 0.1, "shift": 2}
        amounts |= {"elastic": 1, "thickness": 1}
        amounts = {name: share * amount for name, amount in amounts.items()}
        distorted.append(distort(images, strength, **amounts))
    torch.testing.assert_close(*distorted, atol=0.01, rtol=0)


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


def test_rotations_turn_to_both_sides_and_no_further():
    torch.manual_seed(0)
    image = torch.zeros(400, 28, 28, dtype=torch.uint8)
    image[:, 13:15, 4:24] = 200  # a bar across
    turned = distort(image, **QUIET | {"rotation": 20})
    pixels = torch.arange(28) - 13.5
    x, y = pixels.expand(28, 28), pixels[:, None].expand(28, 28)
    xy, xx, yy = ((turned * product).sum((1, 2)) for product in (x * y, x * x, y * y))
    angle = torch.rad2deg(torch.atan2(2 * xy, xx - yy) / 2)
    assert -20.5 < angle.min() < -18 and 18 < angle.max() < 20.5


def test_ink_spreads_as_a_pooling_of_3_by_3_would_spread_it(mnist):
    images = torch.from_numpy(mnist.test_images[:100]).float()
    pooled = torch.nn.functional.max_pool2d(images, 3, 1, 1)
    torch.testing.assert_close(_spread(images), pooled, rtol=0, atol=0)
