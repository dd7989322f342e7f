"""Teaching a copy of a network to read somebody's own drawings, without forgetting the others."""

import copy
from collections.abc import Callable

import numpy as np

from ..data.mnist import Mnist, load_mnist
from ..recogniser import Lesson, check_counts, check_digits, check_numbers, evaluate, read
from ..training_run import History
from .distort import distort
from .network import DigitCNN
from .training import fit


def teach(
    model: DigitCNN,
    images: np.ndarray,
    labels: np.ndarray,
    progress: Callable[[float, History], None] = lambda share_done, history: None,
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
    itself stays as it is. `progress` gets the share that is done, 0 to 1, and the history so far.
    Raises LabError where there is nothing to learn from, or no MNIST.
    """
    images, labels = check_digits(images, labels)
    check_counts(digits=digits, repeats=repeats)
    check_counts(0, seed=seed)
    check_numbers(learning_rate=learning_rate)
    mnist = mnist or load_mnist()
    progress(0.05, {})
    test_set = mnist.test_images, mnist.test_labels
    digits = min(digits, len(mnist.train_labels))
    rehearsed = np.random.default_rng(seed).choice(len(mnist.train_labels), digits, replace=False)
    repeats = max(1, min(repeats, digits // 10 // len(labels)))
    mixed = np.concatenate([mnist.train_images[rehearsed], images.repeat(repeats, axis=0)])
    targets = np.concatenate([mnist.train_labels[rehearsed], labels.repeat(repeats)])
    student = copy.deepcopy(model)
    before, test_before = read(model, images), evaluate(model, *test_set)
    history = fit(
        student,
        mixed,
        targets,
        epochs=1,
        learning_rate=learning_rate,
        augment=distort,
        seed=seed,
        show_progress=False,
        progress=lambda share_done, history: progress(0.1 + 0.8 * share_done, history),
    )
    after, test_after = read(student, images), evaluate(student, *test_set)
    progress(1.0, history)
    return Lesson(student, labels, before, after, test_before, test_after)
