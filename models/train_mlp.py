"""Train the NumPy network with care and write models/mlp.json.

    python models/train_mlp.py [--seed 0] [--path models/mlp.json]

A wider network than the lesson's, more epochs, a larger learning rate, and ways to write that MNIST
hardly knows: some of its digits once more with a stroke more (helpers/data/variants.py), and drawn
ones (helpers/data/allographs.py). Chosen on the validation split (the last 5,000 of the training
digits) and on strangers' strokes: benchmarks/mlp_recipe.md and benchmarks/strokes_recipe.md.
"""

import argparse
import sys

import numpy as np

from helpers import ROOT
from helpers.data import load_mnist, with_allographs, with_drawings, with_variants
from helpers.mlp import MLP, distort_digits
from helpers.pad import load_drawings
from helpers.recogniser import evaluate

SIZES = (784, 300, 100, 10)  # as in LeCun et al., 1998
EPOCHS = 80
EACH = 1000  # drawn images of each digit


def main() -> None:
    parser = argparse.ArgumentParser(description="Train the network of models/mlp.json.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--path", default=ROOT / "models" / "mlp.json")
    parser.add_argument("--drawings", help="a folder of drawings that you kept: forms of your own")
    options = parser.parse_args()
    mnist = load_mnist()
    images, labels, *held_out = mnist.split()
    validation = held_out[0], held_out[1]
    images, labels = with_variants(images, labels, seed=options.seed)
    images, labels = with_allographs(images, labels, EACH, seed=options.seed)
    if options.drawings:
        kept, _ = load_drawings(options.drawings)
        own = [drawing.strokes for drawing in kept], np.array([drawing.label for drawing in kept])
        images, labels = with_drawings(images, labels, *own, seed=options.seed)
    model = MLP(SIZES, seed=options.seed)
    history = model.fit(
        images,
        labels,
        epochs=EPOCHS,
        learning_rate=0.1,
        augment=distort_digits,
        validation=validation,
        seed=options.seed,
    )
    if len(history["seconds"]) < EPOCHS:
        sys.exit(f"{options.path} stays as it was.")
    model.parameters.round(4, out=model.parameters)  # a file half as large, and the same answers
    model.training |= {"source": mnist.source, "seconds": round(sum(history["seconds"]), 1)}
    model.training["validation_accuracy"] = evaluate(model, *validation)
    model.training["test_accuracy"] = evaluate(model, mnist.test_images, mnist.test_labels)
    path = model.save(options.path)
    print(f"{path}: {path.stat().st_size / 1e6:.2f} MB, {model.training}")


if __name__ == "__main__":
    main()
