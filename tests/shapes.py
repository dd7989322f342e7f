"""Strokes that tests draw, in canvas pixels, and where the ink of images is."""

import numpy as np

angle = np.linspace(0, 2 * np.pi, 40)
RING = [np.stack([300 + 80 * np.cos(angle), 300 + 150 * np.sin(angle)], 1)]
SEVEN = [np.array([[100, 100], [200, 100], [300, 100], [250, 250], [200, 400.0]])]
ONE = [np.array([[300, 100], [300, 500.0]])]


def ink_box(image: np.ndarray) -> tuple[int, int]:
    """Height and width of the ink, in pixels."""
    rows, columns = np.nonzero(image)
    return int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1


def centres(images: np.ndarray) -> np.ndarray:
    """Centres of mass (n, 2), x and y, of images (n, 28, 28)."""
    mass = images.sum((1, 2), dtype=float)
    return np.stack([images.sum(axis) @ np.arange(28) / mass for axis in (1, 2)], 1)
