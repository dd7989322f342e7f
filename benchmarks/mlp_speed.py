"""How fast is the NumPy network? Writes benchmarks/mlp_speed.md: seconds of an epoch, four ways.

The same work four times: 784-128-64-10, 60,000 digits, batches of 128, SGD with momentum 0.9. The
floor is the eight matrix products of every step, on the same digits as ready float32, and nothing
else. A round is a fresh training of four epochs by each in turn: a disturbance meets all of them.

    python benchmarks/mlp_speed.py [--rounds 5] [--threads 1]

All libraries get the same number of threads, by default one: a second core helps little at these
sizes, and two threads that wait for each other measure the neighbours on the machine.
scikit-learn is needed for this benchmark only.
"""

import argparse
import os
import platform
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import pairwise
from statistics import median
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

parser = argparse.ArgumentParser(description="Seconds per epoch of the same network, four ways.")
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--threads", type=int, default=1)
options = parser.parse_args()
for library in ("OPENBLAS", "OMP", "MKL", "VECLIB"):
    os.environ[f"{library}_NUM_THREADS"] = str(options.threads)  # read when NumPy is imported

import numpy as np  # noqa: E402
import sklearn  # noqa: E402
import torch  # noqa: E402
from report import publish, table  # noqa: E402
from sklearn.neural_network import MLPClassifier  # noqa: E402
from torch import nn  # noqa: E402

from helpers.data import load_mnist  # noqa: E402
from helpers.mlp import (  # noqa: E402
    MLP,
    arrays,
    training,
)
from helpers.mlp.arrays import make_parameters  # noqa: E402

SIZES, EPOCHS, BATCH_SIZE, LEARNING_RATE, MOMENTUM = (784, 128, 64, 10), 4, 128, 0.05, 0.9
FLOOR = "the matrix products alone"


def pytorch(X: torch.Tensor, y: torch.Tensor) -> Iterator[float]:
    """Yield the seconds of each epoch of the usual eager loop, the data already float32 in 0..1."""
    layers = []
    for n_in, n_out in pairwise(SIZES):
        layers += [nn.Linear(n_in, n_out), nn.ReLU()]
    network = nn.Sequential(*layers[:-1])
    optimiser = torch.optim.SGD(  # fused: the fastest of its three ways
        network.parameters(), lr=LEARNING_RATE, momentum=MOMENTUM, fused=True
    )
    cross_entropy = nn.CrossEntropyLoss()
    for _ in range(EPOCHS):
        began = time.perf_counter()
        for chosen in torch.randperm(len(X)).split(BATCH_SIZE):
            loss = cross_entropy(network(X.index_select(0, chosen)), y.index_select(0, chosen))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        yield time.perf_counter() - began


def scikit_learn(X: np.ndarray, y: np.ndarray) -> Iterator[float]:
    """Yield the seconds of each epoch of MLPClassifier, the data already float32 in 0..1."""
    classifier = MLPClassifier(
        SIZES[1:-1],
        solver="sgd",
        alpha=0,
        batch_size=BATCH_SIZE,
        learning_rate_init=LEARNING_RATE,
        momentum=MOMENTUM,
        nesterovs_momentum=False,
    )
    for _ in range(EPOCHS):
        began = time.perf_counter()
        classifier.partial_fit(X, y, classes=np.arange(10))  # one epoch, shuffled
        yield time.perf_counter() - began


def matrix_products(all_X: np.ndarray) -> Iterator[float]:
    """Yield the seconds of each epoch of the products alone, written to arrays that are ready."""
    W1, W2, W3 = MLP(SIZES).W
    ready = {}
    for n in {BATCH_SIZE, len(all_X) % BATCH_SIZE or BATCH_SIZE}:
        A, dA = ([np.empty((n, size), np.float32) for size in SIZES[1:]] for _ in range(2))
        dZ = [np.random.default_rng(0).normal(size=out.shape).astype(out.dtype) for out in A]
        ready[n] = *A, *dZ, *dA[:-1], *make_parameters(SIZES, np.float32)[1]
    for _ in range(EPOCHS):
        began = time.perf_counter()
        for start in range(0, len(all_X), BATCH_SIZE):
            X = all_X[start : start + BATCH_SIZE]
            A1, A2, A3, dZ1, dZ2, dZ3, dA1, dA2, dW1, dW2, dW3 = ready[len(X)]
            np.matmul(X, W1, out=A1)
            np.matmul(A1, W2, out=A2)
            np.matmul(A2, W3, out=A3)
            np.matmul(A2.T, dZ3, out=dW3)
            np.matmul(dZ3, W3.T, out=dA2)
            np.matmul(A1.T, dZ2, out=dW2)
            np.matmul(dZ2, W2.T, out=dA1)
            np.matmul(X.T, dZ1, out=dW1)
        yield time.perf_counter() - began


def parts(images: np.ndarray, labels: np.ndarray, products: float) -> dict[str, float]:
    """Return the seconds of an epoch of ours, part by part, with a clock around each.

    `products`, the seconds of the matrix products alone, are taken as measured beside it.
    """
    spent: dict[str, float] = defaultdict(float)

    def clocked(name: str, function: Callable) -> Callable:
        def call(*arguments, **settings):
            began = time.perf_counter()
            try:
                return function(*arguments, **settings)
            finally:
                spent[name] += time.perf_counter() - began

        return call

    class Clocked(MLP):
        scale = clocked("scale", MLP.scale)
        forward = clocked("layers", MLP.forward)
        backward = clocked("layers", MLP.backward)

    numpy = SimpleNamespace(**vars(np) | {"take": clocked("gather", np.take)})
    cross_entropy = clocked("layers", training.cross_entropy)
    with (
        patch.object(arrays, "np", numpy),
        patch.object(training, "cross_entropy", cross_entropy),
    ):
        history = train_ours(images, labels, Clocked(SIZES))
    found = {
        "gather the digits of a batch": spent["gather"],
        "scale them to float32": spent["scale"],
        "matrix products": products,
        "biases, ReLU, softmax, loss, masks": spent["layers"] - products,
        "update, progress bar, Python": sum(history["seconds"]) - sum(spent.values()),
    }
    return {name: seconds / EPOCHS for name, seconds in found.items()}


def train_ours(images: np.ndarray, labels: np.ndarray, network: MLP) -> dict[str, list[float]]:
    """Train by `MLP.fit`, from uint8 images; return its history."""
    settings: dict[str, Any] = {
        "batch_size": BATCH_SIZE,
        "learning_rate": LEARNING_RATE,
        "momentum": MOMENTUM,
    }
    return network.fit(images, labels, epochs=EPOCHS, show_progress=False, **settings)


def main() -> None:
    torch.set_num_threads(options.threads)
    mnist = load_mnist()
    images, y = mnist.train_images, mnist.train_labels
    X = np.multiply(images.reshape(len(images), -1), np.float32(1 / 255))
    torch_X, torch_y = torch.from_numpy(X), torch.from_numpy(y)
    ways = {
        "NumPy, `MLP.fit`": lambda: train_ours(images, y, MLP(SIZES))["seconds"],
        f"PyTorch {torch.__version__}, eager": lambda: pytorch(torch_X, torch_y),
        f"scikit-learn {sklearn.__version__}, `MLPClassifier`": lambda: scikit_learn(X, y),
        FLOOR: lambda: matrix_products(X),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    shares: dict[str, list[float]] = defaultdict(list)
    for _ in range(options.rounds):
        for name, way in ways.items():
            seconds[name] += way()
        for name, value in parts(images, y, sum(seconds[FLOOR][-EPOCHS:])).items():
            shares[name].append(value)

    ours = median(next(iter(seconds.values())))
    total = sum(median(values) for values in shares.values())
    beside = [
        [name, f"{median(values):.3f}", f"{ours / median(values):.2f}"]
        for name, values in seconds.items()
    ]
    inside = [
        [name, f"{1000 * median(values):.0f}", f"{median(values) / total:.0%}"]
        for name, values in shares.items()
    ]
    work = "784-128-64-10, batch 128, SGD with momentum"
    lines = [
        f"{platform.machine()}, threads: {options.threads}, NumPy {np.__version__}; medians of",
        f"{options.rounds} rounds of {EPOCHS} epochs",
        "",
        *table([work, "seconds per epoch", "ours is … of it"], *beside),
        "",
        *table(["where ours goes", "ms per epoch", "share"], *inside),
    ]
    publish(__file__, lines)


if __name__ == "__main__":
    main()
