"""What a GPU makes of the trainings: writes benchmarks/gpu.md.

    make bench-gpu

Both recipes of the CNN, the generator's 50 epochs, and whether bfloat16, in which `fit` computes on
a GPU, costs accuracy: the fast recipe once more in float32, seed by seed.
"""

import argparse
import sys
from statistics import mean, stdev

import numpy as np
import torch
from report import machine, publish, table

from helpers import ROOT
from helpers.cnn import DIGITS, DigitCNN, fit
from helpers.data import Mnist, load_mnist
from helpers.gan import Discriminator, Generator, fit_gan, frechet_distance, train_step
from helpers.recogniser import evaluate

HEADING = ["training", "seeds", "seconds", "test accuracy"]


class InFloat32(DigitCNN):
    """The same network, which does not let itself be brought to bfloat16."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        with torch.autocast(images.device.type, enabled=False):
            return super().forward(images)


def train(recipe: str, kind: type[DigitCNN], mnist: Mnist, seed: int) -> tuple[float, float]:
    """The seconds of a training on the GPU, and the test accuracy that it leads to, 0 to 1."""
    images, labels, _, _ = mnist.split()
    torch.manual_seed(seed)
    model = kind(**DIGITS[recipe].network).cuda()
    training = DIGITS[recipe].training
    history = fit(model, images, labels, seed=seed, show_progress=False, **training)
    return sum(history["seconds"]), evaluate(model, mnist.test_images, mnist.test_labels)


def row(title: str, runs: list[tuple[float, float]]) -> list[str]:
    accuracies = [100 * accuracy for _, accuracy in runs]
    spread = f" ± {stdev(accuracies):.3f}" if len(runs) > 1 else ""
    seconds = min(seconds for seconds, _ in runs)
    return [title, str(len(runs)), f"{seconds:.1f}", f"{mean(accuracies):.3f}{spread} %"]


def parity(half: list[tuple[float, float]], full: list[tuple[float, float]]) -> str:
    """What bfloat16 costs, in a sentence."""
    lost = [100 * (f[1] - h[1]) for h, f in zip(half, full, strict=True)]
    spread = f" ± {stdev(lost):.3f}" if len(lost) > 1 else ""
    return f"Seed by seed bfloat16 costs {mean(lost):.3f}{spread} percentage points."


def dcgan(mnist: Mnist, epochs: int) -> str:
    """What the generator of notebook 04 comes to, in a sentence."""
    images, labels, _, _ = mnist.split()
    judge = DigitCNN.load(ROOT / "models" / "cnn.safetensors")
    torch.manual_seed(0)
    players = Generator().cuda(), Discriminator().cuda()
    averaged, history = fit_gan(*players, images, labels, train_step, epochs=epochs)
    wanted = np.arange(10_000) % 10
    drawn = averaged.sample(wanted, seed=1)
    distance = frechet_distance(judge.embed(mnist.test_images), judge.embed(drawn))
    agreement = evaluate(judge, drawn, wanted)
    return (
        f"The DCGAN's {epochs} epochs: {sum(history['seconds']):.0f} s, agreement "
        f"{agreement:.2%}, classifier-FID {distance:.2f}."
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=50, help="of the DCGAN")
    options = parser.parse_args()
    if not torch.cuda.is_available():
        sys.exit("No NVIDIA GPU is here that PyTorch can use, so there is nothing to measure.")
    torch.backends.cudnn.allow_tf32 = False  # float32 means float32
    mnist = load_mnist()
    train("fast", DigitCNN, mnist, 0)  # the first training on a GPU sets it up, and is not counted
    fast = [train("fast", DigitCNN, mnist, seed) for seed in range(options.seeds)]
    full = [train("fast", InFloat32, mnist, seed) for seed in range(options.seeds)]
    long = [train("long", DigitCNN, mnist, seed) for seed in range(options.seeds)]
    lines = [
        "# On a GPU",
        "",
        f"{torch.cuda.get_device_name()}; {machine()}. Made by `make bench-gpu`.",
        "",
        *table(
            HEADING,
            row("fast recipe, bfloat16", fast),
            row("fast recipe, float32", full),
            row("long recipe, bfloat16", long),
        ),
        "",
        parity(fast, full),
        "",
        dcgan(mnist, options.epochs),
    ]
    publish(__file__, lines)


if __name__ == "__main__":
    main()
