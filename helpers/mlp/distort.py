"""Random distortions of digits in NumPy alone: another hand writes the same digit.

`helpers.cnn.distort` does the same to torch tensors, on whatever device they are. This one is
for the network that must run without torch.
"""

import math
from functools import reduce

import numpy as np

from .. import LabError
from ..recogniser import check_images, check_numbers

MARGIN = 2  # of paper around a digit, so that whatever lies outside of it is paper too
SIDE = 28 + 2 * MARGIN


def distort_digits(
    images: np.ndarray,
    rng: np.random.Generator,
    *,
    rotation: float = 12,
    scale: float = 0.15,
    slant: float = 0.2,
    shift: float = 1.5,
    elastic: float = 0.9,
    thickness: float = 0.5,
) -> np.ndarray:
    """Distort each of the images uint8 (n, 28, 28) a little differently: uint8 (n, 28, 28).

    Each strength is the largest change to either side: `rotation` in degrees, `scale` of width and
    height, each its own, as a share, `slant` as a share of the height, `shift` in pixels. With
    `elastic` a smooth random field of that standard deviation in pixels bends the strokes (Simard
    et al., 2003); with `thickness` (0 to 1) they swell or shrink by up to one pixel. What moves
    over the edge is lost, what comes in is paper. The input stays as it is. Raises LabError for
    other images or strengths.
    """
    images, n = check_images(images), len(images)
    check_numbers(rotation=rotation, scale=scale, slant=slant)
    check_numbers(shift=shift, elastic=elastic, thickness=thickness)
    if thickness > 1:
        raise LabError(f"thickness must be at most 1, not {thickness}.")
    if thickness:
        images = swell(images, thickness * rng.uniform(-1, 1, n))
    angle, wide, high, lean, right, down = rng.uniform(-1, 1, (6, n))
    angle, lean = angle * math.radians(rotation), lean * slant
    wide, high = 1 + wide * scale, 1 + high * scale
    cos, sin = np.cos(angle), np.sin(angle)
    fields = np.empty((n, 2, len(BASIS)), np.float32)
    fields[:, 0, :3] = np.stack([cos * wide, (lean - sin) * wide, right * shift], 1)
    fields[:, 1, :3] = np.stack([sin * high, cos * high, down * shift], 1)
    fields[:, :, 3:] = elastic * rng.standard_normal((n, 2, len(BASIS) - 3), np.float32)
    return warp(images, fields)


def swell(images: np.ndarray, amount: np.ndarray) -> np.ndarray:
    """Make the ink of images uint8 (n, 28, 28) thicker, or thinner where amount (n,) is negative.

    An amount of 1 or -1 is a pixel on each side of a stroke, others are mixed from 0 and ±1.
    """
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    target = np.empty_like(images)
    for chosen, function in ((amount > 0, np.maximum), (amount <= 0, np.minimum)):
        block = padded[chosen]  # the nine pixels around each pixel, one after the other
        nine = (block[:, y : y + 28, x : x + 28] for y in range(3) for x in range(3))
        target[chosen] = reduce(function, nine)
    share = np.round(256 * np.abs(amount)).astype(np.uint16)[:, None, None]
    return ((images * (256 - share) + target * share) >> 8).astype(np.uint8)


def warp(images: np.ndarray, fields: np.ndarray) -> np.ndarray:
    """Look, for each pixel of the result, somewhere else in images uint8 (n, 28, 28).

    Where, say `fields` (n, 2, 39): x and y from the centre are sums of the 39 of BASIS.
    """
    n = len(images)
    paper = np.zeros((n, SIDE, SIDE), np.uint8)
    paper[:, MARGIN:-MARGIN, MARGIN:-MARGIN] = images
    place = fields.reshape(2 * n, len(BASIS)) @ BASIS  # (2n, 784)
    place += (SIDE - 1) / 2
    np.clip(place, 0, SIDE - 1.01, out=place)
    # 256ths of a pixel as whole numbers of two bytes: several times as fast as floating point
    place = (place * 256).astype(np.uint16).reshape(n, 2, 784)
    (x, y), (right, below) = (part.swapaxes(0, 1) for part in (place >> 8, place & 255))  # (n, 784)
    first = np.arange(n)[:, None] * SIDE**2 + (y * np.uint16(SIDE) + x)
    ink = paper.reshape(-1)
    here, beside, under, across = (
        np.take(ink[k:], first, mode="clip") for k in (0, 1, SIDE, SIDE + 1)
    )
    upper = (here * (256 - right) + beside * right) >> 8  # at most 255 * 256: fits
    lower = (under * (256 - right) + across * right) >> 8
    return ((upper * (256 - below) + lower * below) >> 8).astype(np.uint8).reshape(n, 28, 28)


def _basis() -> np.ndarray:
    """x, y, 1 and the 36 products of six bumps in x and six in y, at the pixels: (39, 784).

    Bumps with random heights add up to a smooth field of the same standard deviation everywhere.
    """
    c = np.arange(28) - 13.5
    centres = np.linspace(-13.5, 13.5, 6)
    bumps = np.exp(-(((c - centres[:, None]) / (centres[1] - centres[0])) ** 2) / 2)  # (6, 28)
    bumps /= np.sqrt((bumps**2).sum(0))
    products = np.einsum("ay,bx->abyx", bumps, bumps).reshape(-1, 784)
    x, y = np.meshgrid(c, c)
    return np.concatenate([[x.ravel(), y.ravel(), np.ones(784)], products]).astype(np.float32)


BASIS = _basis()
