"""How well does the NumPy network read? Means of five seeds on the test set, and the weights here.

    python benchmarks/mlp_accuracy.py [--seeds 5]

The recipes were chosen on the validation split (the last 5,000 of the training digits), which then
joined the training set: the networks trained here learn from all 60,000 digits. The last line is
the network of models/mlp.json, which `models/train_mlp.py` trained once, on the first 55,000.
"""

import argparse
import time

import numpy as np

from helpers import ROOT
from helpers.data import load_mnist
from helpers.mlp import MLP, distort_digits
from helpers.recogniser import evaluate

RECIPES = {
    "the defaults of `fit`": {},
    "the same with `distort_digits`": {"augment": distort_digits},
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Test accuracy of the NumPy network.")
    parser.add_argument("--seeds", type=int, default=5)
    seeds = range(parser.parse_args().seeds)
    mnist = load_mnist()
    print("| recipe | layers | test accuracy, mean | lowest | highest | seconds of training |")
    print("|---|---|---|---|---|---|")
    for name, settings in RECIPES.items():
        accuracies, seconds = [], []
        for seed in seeds:
            model = MLP(seed=seed)
            began = time.perf_counter()
            model.fit(
                mnist.train_images, mnist.train_labels, seed=seed, show_progress=False, **settings
            )
            seconds.append(time.perf_counter() - began)
            accuracies.append(evaluate(model, mnist.test_images, mnist.test_labels))
        print_row(name, model, accuracies, np.mean(seconds))
    model = MLP.load(ROOT / "models" / "mlp.json")
    accuracies = [evaluate(model, mnist.test_images, mnist.test_labels)]
    print_row("`models/mlp.json`, one seed", model, accuracies, model.training["seconds"])


def print_row(name: str, model: MLP, accuracies: list[float], seconds: float) -> None:
    print(
        f"| {name} | {'-'.join(map(str, model.sizes))} | {np.mean(accuracies):.2%} "
        f"| {min(accuracies):.2%} | {max(accuracies):.2%} | {seconds:.1f} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
