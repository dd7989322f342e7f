"""Ways to write a digit that MNIST hardly knows: flags, feet, the slashed 0 and the crossed 7.

MNIST was written in the United States; elsewhere these are usual.
"""

import numpy as np

from ..recogniser import check_counts, check_digits, check_numbers

ROWS, COLUMNS = np.mgrid[:28, :28]


def with_variants(
    images: np.ndarray, labels: np.ndarray, share: float = 0.2, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Images uint8 (N, 28, 28) and labels (N,), then copies of some with a stroke more.

    `share` of the ones, chosen at random by `seed`, come again with a flag and half of them with a
    foot too, as many of the zeros with a slash, of the fours and nines with a foot, of the sevens
    with a bar; where a stroke would not look right, as they were. Whole pixels shift their centre
    of mass to the centre, as in MNIST. Raises LabError for no images and labels, a `share` that is
    negative or not finite, a `seed` that is no whole number.
    """
    images, labels = check_digits(images, labels)
    check_numbers(share=share)
    check_counts(0, seed=seed)
    rng = np.random.default_rng(seed)
    new_images, new_labels = [images], [labels]
    for digit, draw in ((0, slash), (1, flag), (4, foot), (7, bar), (9, foot)):
        all_of_it = np.flatnonzero(labels == digit)
        for i in rng.permutation(all_of_it)[: round(share * len(all_of_it))]:
            tall = (images[i] > 127).any(1).sum() >= 6  # rows, or there is nothing to draw at
            new_images.append(centre(draw(images[i], rng) if tall else images[i])[None])
            new_labels.append(labels[i : i + 1])
    return np.concatenate(new_images), np.concatenate(new_labels)


def flag(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A 1 with a flag from its top to the lower left, and every other time a foot."""
    rows = np.flatnonzero(image.max(1) > 127)
    (top_x, top), (end_x, end) = (_middle(image, row) for row in (rows[0] + 1, rows[-1] - 1))
    height = end - top
    lean = np.arctan2(top_x - end_x, height)  # of the stem, to the right
    if lean > 0.6:
        return image  # too far for a flag
    angle = rng.uniform(lean + 0.35, 1)  # from the vertical: neither along the stem nor level
    length = rng.uniform(0.3, 0.9) * height
    tip = top_x - length * np.sin(angle), top + length * np.cos(angle)
    image = add_line(image, (top_x, top), tip, pen_width(image))
    return foot(image, rng) if rng.random() < 0.5 else image


def foot(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A digit with a level line under its stem, if that is what it ends in."""
    rows = np.flatnonzero(image.max(1) > 127)
    (x, y), (above, _) = (_middle(image, rows[-1] - up) for up in (1, 5))
    if (image[rows[-1] - 1] > 127).sum() > 6 or abs(x - above) > 3:
        return image
    arm = rng.uniform(2.5, 7)
    return add_line(image, (x - arm, y), (x + arm, y), pen_width(image))


def bar(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A 7 with a bar through the middle of its stem."""
    rows = np.flatnonzero(image.max(1) > 127)
    x, y = _middle(image, round(rows[0] + rng.uniform(0.45, 0.65) * np.ptp(rows)))
    arm, tilt = rng.uniform(3, 6), rng.uniform(-1.5, 1)
    return add_line(image, (x - arm, y - tilt), (x + arm, y + tilt), pen_width(image))


def slash(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A 0 with a line through it, from the lower left to the upper right."""
    y, x = (np.quantile(np.nonzero(image > 127)[axis], [0, 0.5, 1]) for axis in (0, 1))
    reach = rng.uniform(0.6, 1.15)
    arm, rise = (reach * (line[2] - line[0]) / 2 for line in (x, y))
    arm, rise = max(arm, 3), rise * rng.uniform(0.7, 1)
    return add_line(image, (x[1] - arm, y[1] + rise), (x[1] + arm, y[1] - rise), pen_width(image))


def pen_width(image: np.ndarray) -> float:
    """The width of the strokes in pixels: a line's area is half its edge times its width."""
    ink = np.pad(image > 127, 1)
    edge = (ink[1:] != ink[:-1]).sum() + (ink[:, 1:] != ink[:, :-1]).sum()  # in steps of a pixel
    return float(np.clip(2 * ink.sum() / max(edge * np.pi / 4, 1), 1.5, 4))


def add_line(image: np.ndarray, start: tuple, end: tuple, width: float) -> np.ndarray:
    """The image uint8 (28, 28) and a straight line from (x, y) to (x, y), with round ends."""
    (x, y), along = start, np.subtract(end, start)
    share = ((COLUMNS - x) * along[0] + (ROWS - y) * along[1]) / max(along @ along, 1e-9)
    share = np.clip(share, 0, 1)  # the point of the line that is nearest to the pixel
    distance = np.hypot(COLUMNS - x - share * along[0], ROWS - y - share * along[1])
    ink = np.round(255 * np.clip(width / 2 - distance + 0.5, 0, 1))
    return np.maximum(image, ink.astype(np.uint8))


def centre(image: np.ndarray) -> np.ndarray:
    """The image (28, 28), shifted by whole pixels until its centre of mass is near (14, 14)."""
    for axis in (0, 1):
        mass = image.sum(1 - axis, dtype=float)
        image = np.roll(image, round(14 - mass @ np.arange(28) / max(mass.sum(), 1)), axis)
    return image


def _middle(image: np.ndarray, row: int) -> tuple[float, float]:
    """Where the ink of a row is, (x, y)."""
    columns = np.flatnonzero(image[row] > 127)
    return (float(columns.mean()) if len(columns) else 14.0), float(row)
