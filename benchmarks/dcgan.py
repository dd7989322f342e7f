"""Our DCGAN beside the standard layout, after equal time: writes benchmarks/dcgan.md.

    python benchmarks/dcgan.py [--seconds 100]

The standard layout is that of the DCGAN paper and of most tutorials, brought to 28 × 28 pixels: 64
base channels, latents of 100 numbers, transposed convolutions alone, no classes, Adam at 2e-4 for
both players, batches of 128, no smoothing, no penalty, no average. Ours is that of notebook 04.
They train in turn, a seed each, so that a slow phase of the machine meets both; making the scores
is not counted as training.
"""

import argparse
import contextlib
import io
import time
from typing import Any

import numpy as np
import torch
from report import machine, publish, table

from helpers import ROOT
from helpers.cnn import DigitCNN, distort_more, fit
from helpers.data import Mnist, load_mnist
from helpers.gan import (
    Discriminator,
    Generator,
    dcgan_game,
    extrapolated_distance,
    fit_gan,
    frechet_distance,
    kernel_distance,
    precision_recall,
    train_step,
)
from helpers.recogniser import evaluate

TITLES = {"ours": "ours, can be asked for a digit", "standard": "standard, 64 base channels"}
HEADINGS = ["layout", "seconds an epoch", "classifier-FID", "extrapolated", "KID × 1000"]
HEADINGS += ["precision", "recall"]
STANDARD: dict[str, Any] = {
    "batch_size": 128,
    "generator_rate": 2e-4,
    "discriminator_rate": 2e-4,
    "average": 0.0,
}


def train(name: str, seconds: float, seed: int) -> tuple[Generator, float]:
    """Train one of the two for `seconds`; give its generator and the seconds of an epoch."""
    images, labels, _, _ = load_mnist().split()
    torch.manual_seed(seed)
    settings: dict[str, Any]
    regular: dict[str, Any]
    if name == "ours":
        players, settings, regular = (Generator(), Discriminator()), {"batch_size": 64}, {}
    else:
        players = Generator(100, 64, classes=0), Discriminator(64, classes=0)
        del players[0].upsample[6:9]  # the plain convolution
        settings, regular = STANDARD, {"game": dcgan_game(real_target=1.0, penalty=0.0)}
    spent, steps = 0.0, 0

    def step(*arguments):
        nonlocal spent, steps
        if spent >= seconds:
            raise KeyboardInterrupt  # fit_gan keeps what was learnt
        start = time.perf_counter()
        record = train_step(*arguments, **regular)
        spent, steps = spent + time.perf_counter() - start, steps + 1
        return record

    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        averaged, _ = fit_gan(*players, images, labels, step, epochs=1000, seed=seed, **settings)
    return averaged, spent / steps * (len(images) // settings["batch_size"])


def scores(generator: Generator, judge: DigitCNN, real: np.ndarray) -> tuple[float, ...]:
    """Of 10,000 drawn digits: what `distances` gives, precision, recall, agreement."""
    wanted = np.arange(10_000) % 10
    images = generator.sample(wanted, seed=1)
    drawn = judge.embed(images)
    shares = precision_recall(real[::2], drawn[:5_000])
    return *distances(real, drawn), *shares, evaluate(judge, images, wanted)


def distances(real: np.ndarray, others: np.ndarray) -> tuple[float, float, float]:
    """Of 10,000 features from 10,000 real ones: classifier-FID, extrapolated, KID × 1000."""
    far = frechet_distance(real, others), extrapolated_distance(real, others)
    return *far, 1000 * kernel_distance(real, others)


def shipped(judge: DigitCNN, real: np.ndarray, mnist: Mnist) -> str:
    """The same scores of the generator in models/, and what a fresh CNN learns from it alone."""
    generator = Generator.load(ROOT / "models" / "dcgan.safetensors")
    plain, limit, kernel, precision, recall, agreement = scores(generator, judge, real)
    labels = np.arange(60_000) % 10
    torch.manual_seed(0)
    pupil = DigitCNN()
    lessons = generator.sample(labels, seed=2)
    fit(pupil, lessons, labels, epochs=4, full_epochs=4, augment=distort_more)
    learnt = evaluate(pupil, mnist.test_images, mnist.test_labels)
    return (
        f"The generator that ships, after {generator.facts['epochs']} epochs: agreement "
        f"{agreement:.2%}, classifier-FID {plain:.2f} (extrapolated {limit:.2f}, KID × 1000 "
        f"{kernel:.3f}), precision {precision:.1%}, recall {recall:.1%}. A fresh CNN that learnt "
        f"from 60,000 of its digits alone reads {learnt:.2%} of MNIST's test digits right."
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=100, help="of training, for each")
    parser.add_argument("--seeds", type=int, default=2)
    arguments = parser.parse_args()
    mnist = load_mnist()
    judge = DigitCNN.load(ROOT / "models" / "cnn.safetensors")
    real = judge.embed(mnist.test_images)
    results: dict[str, list] = {"ours": [], "standard": []}
    for seed in range(arguments.seeds):
        for name, rows in results.items():
            generator, epoch = train(name, arguments.seconds, seed)
            rows.append((epoch, *scores(generator, judge, real)[:5]))  # agreement wants classes
            print(name, seed, rows[-1])
    mark = distances(real, judge.embed(mnist.train_images[:10_000]))
    rows = []
    for name, found in results.items():
        epochs, plain, limits, kernels, precisions, recalls = zip(*found, strict=True)
        cells = [" · ".join(f"{e:.0f}" for e in epochs)]
        cells += [" · ".join(f"{d:.2f}" for d in values) for values in (plain, limits)]
        cells += [" · ".join(f"{d:.3f}" for d in kernels)]
        cells += [" · ".join(f"{x:.1%}" for x in shares) for shares in (precisions, recalls)]
        rows.append([TITLES[name], *cells])
    lines = [
        "# Our DCGAN beside the standard layout",
        "",
        f"Each trained for {arguments.seconds:.0f} seconds on the first 55,000 digits of MNIST, in "
        f"turn, {arguments.seeds} seeds (the values of each are given). Scores of",
        "10,000 drawn digits against the 10,000 test digits, with the features of our own CNN;",
        "precision and recall of 5,000 against 5,000. Rates stay as they are to the end.",
        f"As many digits of the training set are {mark[0]:.2f} from them (extrapolated "
        f"{mark[1]:.2f}, KID × 1000 {mark[2]:.3f}).",
        f"{machine()}.",
        "Made by `make bench`.",
        "",
        *table(HEADINGS, *rows),
        "",
        shipped(judge, real, mnist),
    ]
    publish(__file__, lines)


if __name__ == "__main__":
    main()
