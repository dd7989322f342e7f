"""The forms of helpers/data/forms.py, drawn: writes benchmarks/allographs.png.

    python benchmarks/allographs.py

The upper half has every form as it stands there, a row or more for each digit, the lower half what
a network learns from: forms picked at random and written a little differently each time.
"""

from pathlib import Path

import numpy as np
from PIL import Image

from helpers.data import draw_forms, with_allographs
from helpers.files import write_atomically
from helpers.pictures import png_bytes

COLUMNS, GAP = 20, 14  # images in a row, pixels between the halves


def rows_of(images: np.ndarray) -> np.ndarray:
    """Images (n, 28, 28) in rows of `COLUMNS`, the last one filled up with paper."""
    rows = -(-len(images) // COLUMNS)
    sheet = np.zeros((rows * COLUMNS, 28, 28), np.uint8)
    sheet[: len(images)] = images
    return sheet.reshape(rows, COLUMNS, 28, 28).swapaxes(1, 2).reshape(28 * rows, 28 * COLUMNS)


def main() -> None:
    images, labels = draw_forms()
    forms = [rows_of(images[labels == digit]) for digit in range(10)]
    drawn, drawn_labels = with_allographs(images, labels, each=COLUMNS)
    drawn, drawn_labels = drawn[len(images) :], drawn_labels[len(images) :]
    samples = [rows_of(drawn[drawn_labels == digit]) for digit in range(10)]
    between = np.zeros((GAP, 28 * COLUMNS), np.uint8)
    picture = Image.fromarray(255 - np.concatenate([*forms, between, *samples]))
    path = Path(__file__).with_suffix(".png")
    write_atomically(path, png_bytes(picture, optimize=True))
    print(f"{path}: {len(images)} forms")


if __name__ == "__main__":
    main()
