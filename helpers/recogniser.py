"""What a recogniser is, what it reads, and how much of it is right: for all of them alike."""

from typing import Any, Protocol

import numpy as np


class Recogniser(Protocol):
    """Whatever reads digits: uint8 images (N, 28, 28) in, probabilities float32 (N, 10) out."""

    def predict_proba(self, images: np.ndarray) -> np.ndarray: ...


def read(model: Recogniser, images: np.ndarray) -> np.ndarray:
    """The likeliest digit of each image (N, 28, 28): int64 (N,)."""
    return model.predict_proba(images).argmax(1)


def evaluate(model: Recogniser | Any, images: np.ndarray, labels: np.ndarray) -> float:
    """The share of images, 0 to 1, that anything with `predict_proba` reads right."""
    return float((read(model, images) == labels).mean())
