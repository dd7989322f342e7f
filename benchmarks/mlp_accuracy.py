"""How well does the NumPy network read? Writes benchmarks/mlp_accuracy.md: means of five seeds.

    python benchmarks/mlp_accuracy.py [--seeds 5]

The recipes were chosen on the validation split (the last 5,000 of the training digits), which then
joined the training set: the networks trained here learn from all 60,000 digits. The last line is
the network of models/mlp.json, which `models/train_mlp.py` trained once, on the first 55,000.
"""

import argparse
import time
from typing import Any

import numpy as np
from report import publish, table

from helpers import ROOT
from helpers.data import load_mnist
from helpers.mlp import MLP, distort_digits
from helpers.recogniser import evaluate

RECIPES: dict[str, dict[str, Any]] = {
    "the defaults of `fit`": {},
    "the same with `distort_digits`": {"augment": distort_digits},
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Test accuracy of the NumPy network.")
    parser.add_argument("--seeds", type=int, default=5)
    seeds = range(parser.parse_args().seeds)
    mnist = load_mnist()
    rows = []
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
        rows.append(row(name, model, accuracies, float(np.mean(seconds))))
    model = MLP.load(ROOT / "models" / "mlp.json")
    accuracies = [evaluate(model, mnist.test_images, mnist.test_labels)]
    took = float(model.training["seconds"])
    rows.append(row("`models/mlp.json`, one seed", model, accuracies, took))
    heading = ["recipe", "layers", "test accuracy, mean", "lowest", "highest"]
    publish(__file__, table([*heading, "seconds of training"], *rows))


def row(name: str, model: MLP, accuracies: list[float], seconds: float) -> list[str]:
    shares = np.mean(accuracies), min(accuracies), max(accuracies)
    layers = "-".join(map(str, model.sizes))
    return [name, layers, *(f"{share:.2%}" for share in shares), f"{seconds:.1f}"]


if __name__ == "__main__":
    main()
