"""Random shifts: a digit a little higher or further left is still the same digit."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def shift_digits(images: np.ndarray, shift: int, rng: np.random.Generator) -> np.ndarray:
    """Return images (n, 28, 28), each moved at random by up to `shift` whole pixels both ways.

    What moves over the edge is lost, what comes in is paper (0). The input stays as it is.
    """
    n, height, width = images.shape
    padded = np.zeros((n, height + 2 * shift, width + 2 * shift), images.dtype)
    padded[:, shift : shift + height, shift : shift + width] = images
    windows = sliding_window_view(padded, (height, width), axis=(1, 2))  # a view, no copy
    dy, dx = rng.integers(0, 2 * shift + 1, size=(2, n))  # where each one's window begins
    return windows[np.arange(n), dy, dx]
