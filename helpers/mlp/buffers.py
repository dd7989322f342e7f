"""The arrays that the NumPy network reads from and computes in: no step of it waits for memory."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import DTypeLike

from .. import LabError
from ..recogniser import check_images


def flatten_images(images: np.ndarray, n_pixels: int) -> np.ndarray:
    """Return images uint8 (N, 28, 28) as rows (N, 784), without a copy.

    Raises LabError for other images, or for a network of another number of inputs, `n_pixels`.
    """
    check_images(images)
    if n_pixels != 28 * 28:
        raise LabError(f"this network takes {n_pixels} numbers, but an image has 784 pixels.")
    return images.reshape(len(images), n_pixels)


def make_parameters(
    sizes: Sequence[int], dtype: DTypeLike
) -> tuple[np.ndarray, list[np.ndarray], list[np.ndarray]]:
    """Return one vector of zeros and, as views into it, W[i] (sizes[i], sizes[i+1]) and b[i]."""
    vector = np.zeros(sum((n_in + 1) * n_out for n_in, n_out in pairwise(sizes)), dtype)
    W, b, start = [], [], 0
    for n_in, n_out in pairwise(sizes):
        end = start + n_in * n_out
        W.append(vector[start:end].reshape(n_in, n_out))
        b.append(vector[end : end + n_out])
        start = end + n_out
    return vector, W, b


class Buffers:
    """What a training step on n digits writes to.

    pixels and X (n, sizes[0]); A[i] and dA[i] (n, sizes[i+1]), what comes after layer i and its
    gradient; gradient, one vector, and its views dW and db; and constants that save time when
    ready: zeros (np.maximum is three times as fast with an array as with a 0), ones, one_hot.
    """

    def __init__(self, n: int, sizes: Sequence[int], dtype: DTypeLike) -> None:
        self.pixels = np.empty((n, sizes[0]), np.uint8)
        self.X = np.empty((n, sizes[0]), dtype)
        self.A = [np.empty((n, size), dtype) for size in sizes[1:]]
        self.dA = [np.empty((n, size), dtype) for size in sizes[1:-1]]
        self.gradient, self.dW, self.db = make_parameters(sizes, dtype)
        self.zeros = [np.zeros((n, size), dtype) for size in sizes[1:-1]]
        self.ones = np.ones(n, dtype)
        self.one_hot = np.eye(sizes[-1], dtype=dtype)  # row y is the target of digit y
