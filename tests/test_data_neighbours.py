"""The closest of many images."""

import numpy as np
import pytest
from hostile import assert_one_sentence

from helpers import LabError
from helpers.data import nearest


def test_the_nearest_digit_is_found(mnist):
    images = mnist.train_images[:100]
    wanted = np.array([7, 3, 99])
    assert nearest(images[wanted], images).tolist() == wanted.tolist()


@pytest.mark.parametrize("others", [np.empty((0, 28, 28)), np.zeros((3, 8, 8))])
def test_others_that_do_not_fit_are_refused(others):
    with pytest.raises(LabError, match="have no neighbour") as caught:
        nearest(np.zeros((2, 28, 28)), others)
    assert_one_sentence(caught.value)
