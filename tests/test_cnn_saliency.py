"""Where a network looked, of one that looks at a known place."""

import numpy as np
import pytest
import torch

from helpers import LabError
from helpers.cnn import saliency


class Corner(torch.nn.Module):
    """Answers by its upper left corner alone."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(1))

    def forward(self, images):
        corner = images[:, :5, :5].sum((1, 2)) * self.weight
        return torch.stack([corner, -corner], 1)


def test_it_finds_the_pixels_that_count(mnist):
    maps = saliency(Corner(), mnist.test_images[:3])
    assert maps.shape == (3, 28, 28) and maps.dtype == np.float32
    assert (maps[:, :5, :5] == 1).all() and maps[:, 5:].max() == maps[:, :, 5:].max() == 0


def test_it_repeats_itself_and_leaves_no_gradient(mnist):
    model = Corner()
    images = mnist.test_images[:2]
    assert np.array_equal(saliency(model, images), saliency(model, images))
    assert model.weight.grad is None


def test_images_that_cannot_be_written_to_are_taken_and_others_are_refused(mnist):
    images = mnist.test_images[:2].copy()
    wanted = saliency(Corner(), images)
    images.flags.writeable = False
    assert np.array_equal(saliency(Corner(), images), wanted)
    with pytest.raises(LabError, match="images must"):
        saliency(Corner(), images[0])
