"""Train the NumPy network with care and write models/mlp.json.

    python benchmarks/mlp_weights.py [--seed 0] [--path models/mlp.json]

A wider network than the lesson's, more epochs, stronger distortions, and some digits with a stroke
more. All of it was chosen on the validation split (the last 5,000 of the training digits).
"""

import argparse
from functools import partial

import numpy as np

from helpers import ROOT
from helpers.data import load_mnist
from helpers.distortion import distort_digits
from helpers.mlp import MLP
from helpers.variants import with_variants

SIZES = (784, 256, 128, 10)
STRENGTHS = {"rotation": 12, "scale": 0.15, "slant": 0.2, "shift": 1.5, "elastic": 0.9}
STRENGTHS |= {"thickness": 0.5}
SETTINGS = {"epochs": 50, "learning_rate": 0.1}


def train(images: np.ndarray, labels: np.ndarray, seed: int, **settings) -> MLP:
    """The network of models/mlp.json, from images uint8 (N, 28, 28) and labels (N,)."""
    model = MLP(SIZES, seed=seed)
    images, labels = with_variants(images, labels, seed=seed)
    augment = partial(distort_digits, **STRENGTHS)
    model.fit(images, labels, augment=augment, seed=seed, **SETTINGS | settings)
    model.training |= {"augment": "distort_digits", **STRENGTHS}
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description="Train the network of models/mlp.json.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--path", default=ROOT / "models" / "mlp.json")
    options = parser.parse_args()
    mnist = load_mnist()
    images, labels, *validation = mnist.split()
    model = train(images, labels, options.seed, validation=tuple(validation))
    model.parameters.round(4, out=model.parameters)  # half the size of the file, the same answers
    model.training["validation_accuracy"] = model.accuracy(*validation)
    model.training["test_accuracy"] = model.accuracy(mnist.test_images, mnist.test_labels)
    model.training["source"] = mnist.source
    path = model.save(options.path)
    print(f"{path}: {path.stat().st_size / 1e6:.2f} MB, {model.training}")


if __name__ == "__main__":
    main()
