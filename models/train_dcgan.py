"""Train the generator that ships with the project: models/dcgan.safetensors, generated_samples/.

The settings are those of notebook 04, in its long run of 50 epochs (about an hour on two cores).
"""

import shutil
import sys

import numpy as np
import torch

from helpers import ROOT
from helpers.cnn import DigitCNN
from helpers.data import load_mnist
from helpers.gan import Discriminator, Generator, fit_gan, frechet_distance, save_film, train_step
from helpers.recogniser import evaluate

EPOCHS, SEED = 50, 0
RUN = ROOT / "runs" / "train_dcgan"
SAMPLES = ROOT / "generated_samples"
KEPT = {1, 2, 3, 5, *range(10, EPOCHS + 1, 5)}  # the epochs whose sheets are committed


def main() -> None:
    mnist = load_mnist()
    images, labels, validation_images, _ = mnist.split()
    judge = DigitCNN.load(ROOT / "models" / "cnn.safetensors")
    wanted = np.arange(len(validation_images)) % 10
    real_features = judge.embed(validation_images)

    def score(generator: Generator) -> dict[str, float]:
        drawn = generator.sample(wanted, seed=1)
        distance = frechet_distance(real_features, judge.embed(drawn))
        return {"agreement": evaluate(judge, drawn, wanted), "classifier-FID": distance}

    torch.manual_seed(SEED)
    averaged, history = fit_gan(
        Generator(),
        Discriminator(),
        images,
        labels,
        train_step,
        epochs=EPOCHS,
        seed=SEED,
        score=score,
        log_dir=RUN,
        checkpoint=RUN / "checkpoint.pt",
    )
    if len(history["seconds"]) < EPOCHS:
        sys.exit("The generator that ships stays as it was.")
    facts = {"epochs": EPOCHS, "seed": SEED, "source": mnist.source}
    facts |= {name: values[-1] for name, values in history["scores"].items()}
    averaged.save(ROOT / "models" / "dcgan.safetensors", **facts)
    SAMPLES.mkdir(exist_ok=True)
    for epoch in sorted(KEPT):
        name = f"epoch_{epoch:03d}.png"
        shutil.copy(RUN / "samples" / name, SAMPLES / name)
    save_film(RUN / "samples", SAMPLES / "training.gif")


if __name__ == "__main__":
    main()
