"""Digits with a stroke more: still digits, with the ink where it should be."""

import numpy as np
from shapes import centres

from helpers.data import with_variants


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


def test_variants_have_more_ink_in_the_middle_of_the_field(mnist):
    of_three = np.isin(mnist.train_labels, (0, 1, 7))
    images, labels = mnist.train_images[of_three][:600], mnist.train_labels[of_three][:600]
    new, new_labels = (array[600:] for array in with_variants(images, labels, share=1))
    assert np.abs(centres(new) - 14).max() < 1
    for digit in (0, 1, 7):
        ink, was = new[new_labels == digit].mean(), images[labels == digit].mean()
        assert 1.1 < ink / was < 2
