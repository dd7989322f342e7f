"""How the NumPy network learns: stochastic gradient descent with momentum."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from .. import LabError
from ..recogniser import check_counts, check_labels, check_numbers, check_validation
from .arrays import Augmentation, flatten_images, make_parameters, shuffle
from .losses import cross_entropy
from .run import Digits, Diverged, History, Run

if TYPE_CHECKING:
    from .network import MLP


@np.errstate(over="ignore", invalid="ignore")  # what overflows is told in a sentence
def fit_mlp(
    model: "MLP",
    images: np.ndarray,
    labels: np.ndarray,
    *,
    epochs: int = 15,
    batch_size: int = 128,
    learning_rate: float = 0.05,
    momentum: float = 0.9,
    augment: Augmentation | None = None,
    validation: Digits | None = None,
    seed: int = 0,
    show_progress: bool = True,
    progress: Callable[[float, History], None] | None = None,
) -> History:
    """Learn from images uint8 (N, 28, 28) and labels (N,) in 0..9, on from the present weights.

    Each step is `Descent`'s; its rate falls from `learning_rate` to 0 along half a cosine
    (Loshchilov & Hutter 2017). `augment` changes the digits of a batch, uint8 (n, 28, 28), each
    time they are met, with a generator of random numbers as its second argument: see
    `distort_digits`. `seed` decides the order and these numbers. After each step
    `progress` gets the share that is done, 0 to 1, and the history so far (`helpers.live.Live`).

    Returns lists: "loss" with a number per step, "seconds" and, with `validation` (images,
    labels), "validation_accuracy" (0..1) with one per epoch. What is left by an interruption, or
    by a loss that is no longer a number: see `Run`. Raises LabError for images, labels or
    settings it can't use, before any work.
    """
    rows, n_classes = flatten_images(images, model.sizes[0]), model.sizes[-1]
    labels = check_labels(labels, len(rows), n_classes)
    validation = validation if validation is None else check_validation(validation, n_classes)
    check_settings(epochs, batch_size, learning_rate, momentum, augment, seed)
    batch_size, learning_rate, momentum = int(batch_size), float(learning_rate), float(momentum)
    rng = np.random.default_rng(seed)
    descent, before = Descent(model, momentum), model.parameters.copy()
    steps = epochs * math.ceil(len(rows) / batch_size)
    with Run(model, epochs, steps, validation, show_progress, progress) as run:
        for _ in run.epochs():
            for pixels, y in shuffle(rows, labels, batch_size, rng, augment):
                rate = learning_rate * (1 + math.cos(math.pi * descent.steps / steps)) / 2
                run.count(descent.step(model.scale(pixels), y, rate))
    if np.array_equal(model.parameters, before):  # whoever trained it, it was not this run
        return run.history
    model.training = {
        "images": len(rows),
        "epochs": len(run.history["seconds"]),
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "momentum": momentum,
        "augment": getattr(augment, "__name__", str(augment)) if augment else None,
        **run.last_values(),
    }
    return run.history


class Descent:
    """Stochastic gradient descent with classical momentum (Polyak 1964; Sutskever et al. 2013).

    A step is v = momentum·v + rate·gradient, W -= v, for all weights and biases at once.
    """

    def __init__(self, model: "MLP", momentum: float) -> None:
        self.model, self.momentum, self.steps = model, momentum, 0
        self.velocity = np.zeros_like(model.parameters)
        self.gradient, *self.dW_and_db = make_parameters(model.sizes, model.dtype)
        self.one_hot = np.eye(model.sizes[-1], dtype=model.dtype)  # row y is the target of digit y

    def step(self, X: np.ndarray, y: np.ndarray, rate: float) -> float:
        """Learn from a batch X (n, 784) in 0..1 with digits y (n,); return its loss before that.

        Raises Diverged, and leaves the weights as they are, where the loss is not finite.
        """
        A, Y = self.model.forward(X), self.one_hot[y]
        loss, P = cross_entropy(A[-1], Y)
        if not math.isfinite(loss):
            raise Diverged(f"the loss is {loss}")
        # The gradient times the rate: multiplied in here, it meets n × 10 numbers, not 100,000.
        self.model.backward(A, (P - Y) * (rate / len(X)), self.dW_and_db)
        self.velocity *= self.momentum
        self.velocity += self.gradient
        self.model.parameters -= self.velocity
        if self.steps % 256 == 0:
            # Where a pixel stays paper, velocity shrinks for ever, and below 1e-38 the processor
            # is many times slower: a third of the time of an epoch.
            self.velocity[np.abs(self.velocity) < 1e-20] = 0
        self.steps += 1
        return loss


def check_settings(
    epochs: int,
    batch_size: int,
    learning_rate: float,
    momentum: float,
    augment: object,
    seed: int,
) -> None:
    """Raise LabError unless `fit` can train with these."""
    check_counts(epochs=epochs, batch_size=batch_size)
    check_numbers(learning_rate=learning_rate, momentum=momentum)
    check_counts(0, seed=seed)
    if momentum >= 1:
        raise LabError(f"momentum must be less than 1, not {momentum}.")
    if not (augment is None or callable(augment)):
        raise LabError(f"augment must be a function, such as distort_digits, not {augment!r:.40}.")
