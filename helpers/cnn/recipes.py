"""How DigitCNN learns each data set: `benchmarks/other_pictures.py` says what it costs and gives.

Chosen on the validation split. What is far from a digit is distorted less, and what has many
ambiguous labels, as clothes have, is not made to look at its "biggest losers" alone.
"""

from typing import Any, NamedTuple

import numpy as np
import torch

from ..recogniser import Recogniser
from .distort import distort, distort_more


def mirror(images: torch.Tensor, strength: float = 1) -> torch.Tensor:
    """Each of the images (N, side, side) or (N, side, side, 3) as it is, or left to right."""
    turned = torch.rand(len(images), *[1] * (images.ndim - 1), device=images.device) < 0.5
    return torch.where(turned, images.flip(2), images)


def mirror_and_shift(images: torch.Tensor, strength: float = 1) -> torch.Tensor:
    """`mirror`, then a move of up to two pixels each way (at strength 1); edges are repeated."""
    n, side, most = len(images), images.shape[1], round(2 * strength)
    pixel = torch.arange(side, device=images.device)
    moves = torch.randint(-most, most + 1, (2, n, 1), device=images.device)
    rows, columns = (pixel + moves).clamp(0, side - 1)  # (n, side) each
    each = torch.arange(n, device=images.device)[:, None, None]
    return mirror(images)[each, rows[:, :, None], columns[:, None]]


class Recipe(NamedTuple):
    """`model = DigitCNN(**recipe.network)`, then `fit(model, …, **recipe.training)`."""

    network: dict[str, int]
    training: dict[str, Any]


DIGITS = {  # "fast" is what `fit` does by itself; benchmarks/cnn.md has both
    "fast": Recipe({}, {"augment": distort}),
    "long": Recipe({"padding": 1}, {"epochs": 16, "full_epochs": 16, "augment": distort_more}),
}
RECIPES = {
    "mnist": DIGITS["fast"],
    "fashion": Recipe({"width": 24}, {"epochs": 10, "full_epochs": 10, "augment": mirror}),
    "cifar10": Recipe(
        {"width": 24, "side": 32, "channels": 3},
        {"epochs": 8, "full_epochs": 8, "augment": mirror_and_shift},
    ),
}


def predict_with_mirror(model: Recogniser, images: np.ndarray) -> np.ndarray:
    """Probabilities, float32 (N, 10): the mean of an image's and of its mirror image's."""
    return (model.predict_proba(images) + model.predict_proba(images[:, :, ::-1])) / 2
