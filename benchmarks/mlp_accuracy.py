"""How well does the NumPy network read? Mean of five seeds on the test set, for both recipes.

    python benchmarks/mlp_accuracy.py [--seeds 5]

The recipes were chosen on the validation split (the last 5,000 of the training digits), which then
joined the training set: the networks measured here learn from all 60,000 digits.
"""

import argparse
import time

import numpy as np

from helpers.data import load_mnist
from helpers.mlp import MLP

RECIPES = {"fast (the defaults of fit)": {}, "with shifts": {"shift": 1, "epochs": 40}}


def main() -> None:
    parser = argparse.ArgumentParser(description="Test accuracy of the NumPy network.")
    parser.add_argument("--seeds", type=int, default=5)
    seeds = range(parser.parse_args().seeds)
    mnist = load_mnist()
    print("| recipe | test accuracy, mean | lowest | highest | seconds of training |")
    print("|---|---|---|---|---|")
    for name, settings in RECIPES.items():
        accuracies, seconds = [], []
        for seed in seeds:
            model = MLP(seed=seed)
            began = time.perf_counter()
            model.fit(
                mnist.train_images, mnist.train_labels, seed=seed, show_progress=False, **settings
            )
            seconds.append(time.perf_counter() - began)
            accuracies.append(model.accuracy(mnist.test_images, mnist.test_labels))
        print(
            f"| {name} | {np.mean(accuracies):.2%} | {min(accuracies):.2%} | {max(accuracies):.2%} "
            f"| {np.mean(seconds):.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
