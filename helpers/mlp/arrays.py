"""The arrays that the NumPy network is made of, and those that it learns from."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import DTypeLike

from .. import LabError
from ..recogniser import check_counts, check_images

Augmentation = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def flatten_images(images: np.ndarray, n_pixels: int) -> np.ndarray:
    """Return images uint8 (N, 28, 28) as rows (N, 784), copied only where that is needed.

    Raises LabError for other images, or for a network of another number of inputs, `n_pixels`.
    """
    images = check_images(images)
    if n_pixels != 28 * 28:
        raise LabError(f"this network takes {n_pixels} numbers, but an image has 784 pixels.")
    return images.reshape(len(images), n_pixels)


def check_sizes(sizes: Sequence[int]) -> tuple[int, ...]:
    """The layers' sizes, two or more whole numbers; raises LabError for anything else."""
    if not isinstance(sizes, Sequence | np.ndarray) or len(sizes) < 2:
        raise LabError(f"sizes must hold two or more whole numbers, not {sizes!r:.40}.")
    for size in sizes:
        check_counts(**{"each of the sizes": size})
    return tuple(int(size) for size in sizes)


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


def shuffle(
    rows: np.ndarray,
    labels: np.ndarray,
    batch_size: int,
    rng: np.random.Generator,
    augment: Augmentation | None,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield all rows uint8 (N, 784) and labels (N,) once, in batches (n, 784) and (n,).

    `rng` draws their order; the last batch may be smaller. `augment` is explained at `MLP.fit`.
    """
    order = rng.permutation(len(rows))
    buffer = np.empty((min(batch_size, len(rows)), rows.shape[1]), np.uint8)
    for start in range(0, len(rows), batch_size):
        chosen = order[start : start + batch_size]
        # mode "raise", though nothing can be raised, would copy twice
        pixels = np.take(rows, chosen, axis=0, out=buffer[: len(chosen)], mode="clip")
        if augment:
            pixels = augment(pixels.reshape(-1, 28, 28), rng).reshape(len(chosen), -1)
        yield pixels, labels[chosen]
