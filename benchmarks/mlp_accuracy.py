"""How well does the NumPy network read? Mean of five seeds on the test set, for both recipes.

    python benchmarks/mlp_accuracy.py [--seeds 5]

The recipes were chosen on the validation split (the last 5,000 of the training digits), which then
joined the training set: the networks measured here learn from all 60,000 digits.
"""

import argparse
import time

import mlp_weights
import numpy as np

from helpers.data import load_mnist
from helpers.mlp import MLP


def train_fast(images: np.ndarray, labels: np.ndarray, seed: int, **settings) -> MLP:
    model = MLP(seed=seed)
    model.fit(images, labels, seed=seed, **settings)
    return model


RECIPES = {"fast (the defaults of fit)": train_fast, "models/mlp.json": mlp_weights.train}


def main() -> None:
    parser = argparse.ArgumentParser(description="Test accuracy of the NumPy network.")
    parser.add_argument("--seeds", type=int, default=5)
    seeds = range(parser.parse_args().seeds)
    mnist = load_mnist()
    print("| recipe | layers | test accuracy, mean | lowest | highest | seconds of training |")
    print("|---|---|---|---|---|---|")
    for name, train in RECIPES.items():
        accuracies, seconds = [], []
        for seed in seeds:
            began = time.perf_counter()
            model = train(mnist.train_images, mnist.train_labels, seed, show_progress=False)
            seconds.append(time.perf_counter() - began)
            accuracies.append(model.accuracy(mnist.test_images, mnist.test_labels))
        print(
            f"| {name} | {'-'.join(map(str, model.sizes))} | {np.mean(accuracies):.2%} "
            f"| {min(accuracies):.2%} | {max(accuracies):.2%} | {np.mean(seconds):.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
