"""What a recogniser is, what it accepts, what it reads, and how much of it is right."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from . import LabError

Shape = tuple[int, ...]
"""Of one image: (height, width), or (height, width, 3) in colour."""


class Recogniser(Protocol):
    """Whatever reads digits: uint8 images (N, 28, 28) in, probabilities float32 (N, 10) out."""

    def predict_proba(self, images: np.ndarray) -> np.ndarray: ...


class Student(Recogniser, Protocol):
    """A recogniser that can be written down, with facts of how it was taught."""

    def save(self, path: str | Path, **facts: object) -> Path: ...


def read(model: Recogniser, images: np.ndarray) -> np.ndarray:
    """The likeliest digit of each image (N, 28, 28): int64 (N,)."""
    return model.predict_proba(images).argmax(1)


def evaluate(model: Recogniser, images: np.ndarray, labels: np.ndarray) -> float:
    """The share of images, 0 to 1, that a recogniser reads right."""
    return float((read(model, images) == labels).mean())


def log_loss(model: Recogniser, images: np.ndarray, labels: np.ndarray) -> float:
    """The mean cross-entropy in nats: less noisy than the share that is read right.

    No probability counts as less than 1e-7, so a single digit cannot cost more than 16.
    """
    right = model.predict_proba(images)[np.arange(len(labels)), labels]
    return float(-np.log(np.clip(np.nan_to_num(right), 1e-7, 1)).mean())


def image_shape(side: int, channels: int) -> Shape:
    """(side, side) in grey, (side, side, channels) in colour."""
    return (side, side, channels) if channels > 1 else (side, side)


def check_images(images: np.ndarray, shape: Shape = (28, 28)) -> np.ndarray:
    """The images, uint8 (N, *shape), N may be 0, in one piece and writable as torch wants them.

    They are copied only where that is needed. Raises LabError for anything else.
    """
    if not isinstance(images, np.ndarray):
        raise LabError(f"images must be a NumPy array, not {type(images).__name__}.")
    if np.issubdtype(images.dtype, np.floating):
        raise LabError(
            f"images must be uint8, ink 255 on paper 0, not {images.dtype}: pass the pixels as "
            "MNIST stores them, the model scales them itself."
        )
    if images.dtype != np.uint8:
        raise LabError(f"images must be uint8, ink 255 on paper 0, not {images.dtype}.")
    if images.shape[1:] != shape:
        hint = ": put a single one in a batch with images[None]" if images.shape == shape else ""
        wanted = ", ".join(map(str, ("N", *shape)))
        raise LabError(f"images must have the shape ({wanted}), not {images.shape}{hint}.")
    return np.require(images, requirements=["C", "W"])


def check_labels(labels: np.ndarray, n_images: int, n_classes: int = 10) -> np.ndarray:
    """The labels, `n_images` (> 0) whole numbers in 0..n_classes-1 of any width, as int64 (N,).

    Raises LabError for anything else.
    """
    if not isinstance(labels, np.ndarray):
        raise LabError(f"labels must be a NumPy array, not {type(labels).__name__}.")
    if labels.ndim != 1:
        raise LabError(f"labels must have the shape (N,), not {labels.shape}.")
    if not np.issubdtype(labels.dtype, np.integer):
        raise LabError(f"labels must be whole numbers 0..{n_classes - 1}, not {labels.dtype}.")
    if len(labels) != n_images:
        raise LabError(f"there are {n_images} images and {len(labels)} labels: one each is needed.")
    if n_images == 0:
        raise LabError("there is nothing to learn from: images and labels are empty.")
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= n_classes:
        raise LabError(f"labels must lie in 0..{n_classes - 1}, these run from {low} to {high}.")
    return np.require(labels, np.int64, ["C", "W"])


def check_digits(
    images: np.ndarray, labels: np.ndarray, n_classes: int = 10, shape: Shape = (28, 28)
) -> tuple[np.ndarray, np.ndarray]:
    """Images and a label for each, as `check_images` and `check_labels` give them."""
    images = check_images(images, shape)
    return images, check_labels(labels, len(images), n_classes)


def check_validation(
    validation: object, n_classes: int = 10, shape: Shape = (28, 28)
) -> tuple[np.ndarray, np.ndarray]:
    """The images and labels of a pair, as `check_digits` gives them; LabError says what they are
    for where they are none.
    """
    if not isinstance(validation, tuple | list) or len(validation) != 2:
        raise LabError("validation must be a pair: images and their labels.")
    images, labels = validation
    try:
        return check_digits(images, labels, n_classes, shape)
    except LabError as error:
        raise LabError(f"validation: {error}") from None


def check_counts(least: int = 1, /, **counts: object) -> None:
    """Raise LabError unless each of the named arguments is a whole number, not below `least`."""
    for name, value in counts.items():
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
            raise LabError(f"{name} must be a whole number, at least {least}, not {value!r:.40}.")


def check_numbers(**numbers: object) -> None:
    """Raise LabError unless each of the named arguments is a finite number, at least 0."""
    for name, value in numbers.items():
        if isinstance(value, bool) or not isinstance(value, int | float | np.number):
            raise LabError(f"{name} must be a number, not {value!r:.40}.")
        if not 0 <= value < float("inf"):
            raise LabError(f"{name} must be a finite number, at least 0, not {value}.")


@dataclass(frozen=True)
class Lesson:
    """A taught copy of a recogniser, and what it changed."""

    model: Student
    labels: np.ndarray  # (N,) of the drawings
    before: np.ndarray  # (N,) what was read in them, which were not learnt as they are
    after: np.ndarray
    redrawn: tuple[float, float]  # share of new ones like them that is read right, before and after
    others: tuple[float, float]  # of digits of MNIST's validation split
