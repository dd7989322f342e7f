"""Train the CNN with patience and write models/cnn.safetensors.

    python models/train_cnn.py [--seed 0] [--path models/cnn.safetensors]

The network of notebook 02, padded, for twelve epochs, and ways to write that MNIST hardly
knows: some of its digits once more with a stroke more (helpers/data/variants.py), and drawn ones
(helpers/data/allographs.py). Chosen on the validation split (the last 5,000 of the training digits)
and on strangers' strokes: benchmarks/strokes_recipe.md.
"""

import argparse
import sys

import numpy as np
import torch

from helpers import ROOT
from helpers.cnn import DigitCNN, distort_more, fit
from helpers.data import load_mnist, with_allographs, with_drawings, with_variants
from helpers.pad import load_drawings
from helpers.recogniser import evaluate

EPOCHS = 12
EACH = 1000  # drawn images of each digit


def main() -> None:
    parser = argparse.ArgumentParser(description="Train the network of models/cnn.safetensors.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--path", default=ROOT / "models" / "cnn.safetensors")
    parser.add_argument("--drawings", help="a folder of drawings that you kept: forms of your own")
    options = parser.parse_args()
    mnist = load_mnist()
    images, labels, *held_out = mnist.split()
    images, labels = with_variants(images, labels, seed=options.seed)
    images, labels = with_allographs(images, labels, EACH, seed=options.seed)
    if options.drawings:
        kept, _ = load_drawings(options.drawings)
        own = [drawing.strokes for drawing in kept], np.array([drawing.label for drawing in kept])
        images, labels = with_drawings(images, labels, *own, seed=options.seed)
    torch.manual_seed(options.seed)
    model = DigitCNN(padding=1)
    history = fit(
        model,
        images,
        labels,
        (held_out[0], held_out[1]),
        epochs=EPOCHS,
        full_epochs=EPOCHS,
        augment=distort_more,
        seed=options.seed,
        checkpoint=ROOT / "runs" / f"train_cnn_{options.seed}.pt",
    )
    if len(history["seconds"]) < EPOCHS:
        sys.exit(f"{options.path} stays as it was.")
    facts = {
        "source": mnist.source,
        "seed": options.seed,
        "epochs": EPOCHS,
        "seconds": round(sum(history["seconds"]), 1),
        "validation_accuracy": history["validation_accuracy"][-1],
        "test_accuracy": evaluate(model, mnist.test_images, mnist.test_labels),
    }
    path = model.save(options.path, **facts)
    print(f"{path}: {path.stat().st_size / 1e6:.2f} MB, {facts}")


if __name__ == "__main__":
    main()
