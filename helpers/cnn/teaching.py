"""Teaching a copy of a network to read somebody's own drawings, without forgetting the others."""

import copy
import itertools
from collections.abc import Callable

import numpy as np
import torch

from ..data.mnist import Mnist, load_mnist
from ..recogniser import Lesson, evaluate, read
from .distort import distort
from .network import DigitCNN
from .training import fit


def teach(
    model: DigitCNN,
    images: np.ndarray,
    labels: np.ndarray,
    progress: Callable[[float], None] = lambda share: None,
    *,
    mnist: Mnist | None = None,
    digits: int = 12_000,
    repeats: int = 100,
    learning_rate: float = 0.03,
    seed: int = 0,
) -> Lesson:
    """Train a copy of `model` on drawings, uint8 (N, 28, 28) with labels (N,), among MNIST's.

    Rehearsing old examples keeps a network from forgetting them (Robins, "Catastrophic forgetting,
    rehearsal and pseudorehearsal", 1995): `digits` of MNIST are met once, each drawing `repeats`
    times (less where they would be more than a tenth), all distorted a little differently each
    time. These figures were chosen on mirrored and turned digits of the validation split. `model`
    itself stays as it is. `progress` is told the share that is done, 0 to 1. Raises LabError where
    there is nothing to learn from, or no MNIST.
    """
    mnist = mnist or load_mnist()
    progress(0.05)
    test_set = mnist.test_images, mnist.test_labels
    rng = np.random.default_rng(seed)
    rehearsed = rng.choice(len(mnist.train_labels), digits, replace=False)
    repeats = max(1, min(repeats, digits // 10 // max(1, len(labels))))
    mixed = np.concatenate([mnist.train_images[rehearsed], images.repeat(repeats, axis=0)])
    targets = np.concatenate([mnist.train_labels[rehearsed], labels.repeat(repeats)])
    steps, step = len(mixed) // 128, itertools.count(1)

    def augment(batch: torch.Tensor, strength: float) -> torch.Tensor:
        progress(0.1 + 0.8 * next(step) / steps)
        return distort(batch, strength)

    student = copy.deepcopy(model)
    before, test_before = read(model, images), evaluate(model, *test_set)
    fit(
        student,
        mixed,
        targets,
        epochs=1,
        learning_rate=learning_rate,
        augment=augment,
        seed=seed,
        show_progress=False,
    )
    after, test_after = read(student, images), evaluate(student, *test_set)
    progress(1.0)
    return Lesson(student, labels, before, after, test_before, test_after)
