"""Teaching a copy of a network to read somebody's own drawings, without forgetting the others."""

import copy
from collections.abc import Callable, Sequence

import numpy as np

from ..data.allographs import with_drawings
from ..data.mnist import Mnist, load_mnist
from ..recogniser import Lesson, check_counts, check_labels, check_numbers, evaluate, read
from ..strokes import rasterize
from ..training_run import History
from .distort import distort
from .network import DigitCNN
from .training import fit

SAMPLE, APART = 2_000, 10  # digits of others, and redrawn ones of each drawing, to judge by


def teach(
    model: DigitCNN,
    drawings: Sequence[Sequence[np.ndarray]],
    labels: np.ndarray,
    progress: Callable[[float, History], None] = lambda share_done, history: None,
    *,
    mnist: Mnist | None = None,
    digits: int = 12_000,
    times: int = 100,
    learning_rate: float = 0.03,
    seed: int = 0,
) -> Lesson:
    """Train a copy of `model` on drawings, N lists of strokes with labels (N,), among MNIST's.

    Each drawing is a way of writing: it is redrawn `times` times (less where that would be more
    than a tenth), and never met as it is. Rehearsing old examples keeps a network from forgetting
    them (Robins, "Catastrophic forgetting, rehearsal and pseudorehearsal", 1995): `digits` of
    MNIST's training digits are met once. What came of it is judged by what was not learnt: the
    drawings themselves, others redrawn from them, and digits of the validation split. `model`
    itself stays as it is. `progress` gets the share that is done, 0 to 1, and the history so
    far. Raises LabError where there is nothing to learn from, or no MNIST.
    """
    labels = check_labels(labels, len(drawings))
    check_counts(digits=digits, times=times)
    check_counts(0, seed=seed)
    check_numbers(learning_rate=learning_rate)
    images, targets, others, answers = (mnist or load_mnist()).split()
    progress(0.05, {})
    chosen = np.random.default_rng(seed).choice(
        len(targets), min(digits, len(targets)), replace=False
    )
    times = max(1, min(times, len(chosen) // 10 // len(labels)))
    mixed = with_drawings(images[chosen], targets[chosen], drawings, labels, times, seed)
    student = copy.deepcopy(model)
    history = fit(
        student,
        *mixed,
        epochs=1,
        learning_rate=learning_rate,
        augment=distort,
        seed=seed,
        show_progress=False,
        progress=lambda share_done, history: progress(0.1 + 0.8 * share_done, history),
    )
    asked = np.stack([rasterize(strokes) for strokes in drawings])
    redrawn = with_drawings(asked, labels, drawings, labels, APART, seed + 1)
    new, their = (array[len(labels) :] for array in redrawn), (others[:SAMPLE], answers[:SAMPLE])
    shares = [(evaluate(model, *judge), evaluate(student, *judge)) for judge in (tuple(new), their)]
    progress(1.0, history)
    return Lesson(student, labels, read(model, asked), read(student, asked), *shares)
