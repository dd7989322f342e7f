"""A fair race of networks: the same digits, the same `fit`, the same seconds of a processor.

Seconds of a processor, not of a clock, so that a busy machine is fair, too. Each training runs in a
process and on a thread of its own.
"""

import contextlib
import functools
import io
import math
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from multiprocessing.context import BaseContext
from typing import Any, NamedTuple

import numpy as np
import torch

from .. import LabError
from ..data import load_mnist
from ..recogniser import evaluate
from ..training_run import one_thread
from . import architectures
from .distort import distort
from .network import Classifier, DigitCNN
from .training import fit
from .transformer import VisionTransformer

BATCH_SIZE = 128


class Entrant(NamedTuple):
    """Who takes part: how the network is made, and what `fit` needs for it."""

    make: Callable[[], Classifier]
    optimizer: str = "sgd"
    learning_rates: Sequence[float] = (0.03, 0.1, 0.3)  # to choose from


FAMILY: Mapping[str, Entrant] = {
    "softmax regression": Entrant(architectures.softmax_regression),
    "MLP": Entrant(architectures.mlp),
    "LeNet-5 of 1998": Entrant(architectures.lenet5_1998),
    "LeNet-5 today": Entrant(architectures.lenet5_modern),
    "VGG": Entrant(architectures.vgg),
    "ResNet-8": Entrant(architectures.resnet),
    "separable": Entrant(architectures.separable),
    "transformer": Entrant(VisionTransformer, "adamw", (0.001, 0.003, 0.01)),
    "DigitCNN": Entrant(DigitCNN),
}


@one_thread()
def train_for(
    seconds: float, network: str, learning_rate: float, seed: int = 0, digits: int = 55_000
) -> dict[str, Any]:
    """Train one of `FAMILY` for about so many seconds of a processor, on one thread.

    First a few steps are timed, on a twin; then `fit` gets as many digits as there is time for, of
    the first `digits` of MNIST, once or several times, distorted, under one cycle of the learning
    rate. Gives these arguments, the seconds that it took, the number of `steps`, and the `error`:
    the share of validation digits, 0 to 1, that are then misread. That is done after the clock has
    stopped.
    """
    if network not in FAMILY:
        raise LabError(f"there is no network {network!r:.40}: choose of {', '.join(FAMILY)}.")
    entrant = FAMILY[network]
    images, labels, *validation = _digits()
    images, labels = images[:digits], labels[:digits]

    def train(steps: int) -> tuple[Classifier, int, float]:
        torch.manual_seed(seed)
        model = entrant.make()
        epochs = math.ceil(steps * BATCH_SIZE / len(images))
        met = BATCH_SIZE * math.ceil(steps / epochs)  # digits in an epoch
        start = time.process_time()
        with contextlib.redirect_stdout(io.StringIO()):  # where it diverges, the error says it
            history = fit(
                model,
                images[:met],
                labels[:met],
                epochs=epochs,
                full_epochs=epochs,
                batch_size=BATCH_SIZE,
                learning_rate=learning_rate,
                optimizer=entrant.optimizer,
                augment=distort,
                seed=seed,
                show_progress=False,
            )
        return model, len(history["loss"]), time.process_time() - start

    train(2)  # the first steps are slower
    probe, made, took = 1, 0, 0.0
    while took < seconds / 20:
        probe *= 2
        _, made, took = train(probe)
    model, steps, took = train(max(1, round(seconds * made / took)))
    run = {"network": network, "learning_rate": learning_rate, "seed": seed, "seconds": took}
    return run | {"steps": steps, "error": 1 - evaluate(model, validation[0], validation[1])}


@functools.cache  # a process that runs several trainings reads them once
def _digits() -> tuple[np.ndarray, ...]:
    return load_mnist().split()


def side_by_side(
    runs: Sequence[Mapping[str, Any]], workers: int | None = None
) -> Iterator[dict[str, Any]]:
    """What `train_for` gives for each of these arguments, as they end: as many at once as there
    are `workers`, by default one for each core.
    """
    pool = ProcessPoolExecutor(workers or os.cpu_count(), _fresh_processes())
    try:
        for future in as_completed([pool.submit(train_for, **run) for run in runs]):
            yield future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _fresh_processes() -> BaseContext:
    """How to start processes in which nothing has been trained yet: forked after that, torch may
    hang. On Linux they are forked from one that has imported torch, and do not wait for it.
    """
    if sys.platform != "linux":
        return get_context("spawn")
    context = get_context("forkserver")
    context.set_forkserver_preload(["torch", "torch._dynamo"])  # what a first step needs, besides
    return context


def best_rates(runs: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """For each network the learning rate with the smallest error among these runs of it."""
    best: dict[str, Mapping[str, Any]] = {}
    for run in runs:
        if run["network"] not in best or run["error"] < best[run["network"]]["error"]:
            best[run["network"]] = run
    return {name: run["learning_rate"] for name, run in best.items()}
