"""Our CNN's two recipes beside the network of the classic tutorial: writes benchmarks/cnn.md.

Each training runs in a process of its own, the networks in turn, so that a slow phase of the
machine meets both of them. The test set is watched after each epoch, for the seconds to an
accuracy; nothing is chosen by it, and the watching is not counted as training.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from statistics import mean, median, stdev
from typing import Any

import numpy as np
import torch
from report import machine, publish, table
from torch import nn

from helpers.cnn import DIGITS, DigitCNN, fit
from helpers.data import load_mnist

TITLES = {"tutorial": "tutorial", "fast": "ours, fast recipe", "long": "ours, long recipe"}
HEADING = ["network", "weights", "seeds", "training", "to 99.0 %", "to 99.5 %", "at the end"]
HEADING += ["images / s", "peak memory"]


def train_tutorial(images: np.ndarray, labels: np.ndarray) -> Iterator[nn.Module]:
    """Conv 32 → pool → Dense 100 → 10 with Adam at batch 32 for 10 epochs, as tutorials have it.

    Yields the network after each epoch.
    """
    model = nn.Sequential(
        *(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()),
        *(nn.Linear(32 * 13 * 13, 100), nn.ReLU(), nn.Linear(100, 10)),
    )
    x, y = torch.from_numpy(images)[:, None].float() / 255, torch.from_numpy(labels)
    optimizer = torch.optim.Adam(model.parameters())
    for _ in range(10):
        for batch in torch.randperm(len(x)).split(32):
            loss = nn.functional.cross_entropy(model(x[batch]), y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        yield model


def run(name: str, seed: int) -> dict[str, Any]:
    """Train once, in this process: seconds and test accuracy per epoch, and what it took."""
    mnist = load_mnist()
    images, labels, _, _ = mnist.split()
    torch.manual_seed(seed)
    if name == "tutorial":
        seconds, accuracy = [], []
        test = torch.from_numpy(mnist.test_images)[:, None].float() / 255
        started = time.perf_counter()
        for model in train_tutorial(images, labels):
            seconds.append(time.perf_counter() - started)
            with torch.inference_mode():
                digits = torch.cat([model(part).argmax(1) for part in test.split(1000)]).numpy()
            accuracy.append(float((digits == mnist.test_labels).mean()))
            started = time.perf_counter()
        met = 10 * len(images)
    else:
        test_set = (mnist.test_images, mnist.test_labels)
        model = DigitCNN(**DIGITS[name].network)
        history = fit(model, images, labels, test_set, seed=seed, **DIGITS[name].training)
        seconds, accuracy = history["seconds"], history["validation_accuracy"]
        met = 128 * len(history["loss"])
    return {
        "name": name,
        "seconds": np.cumsum(seconds).tolist(),
        "accuracy": accuracy,
        "parameters": sum(p.numel() for p in model.parameters()),
        "images_per_second": met / sum(seconds),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def seconds_to(runs: list[dict], accuracy: float) -> str:
    """The median of the seconds at which the runs first reach a test accuracy."""
    reached = [
        next(s for s, a in zip(r["seconds"], r["accuracy"], strict=True) if a >= accuracy)
        for r in runs
        if max(r["accuracy"]) >= accuracy
    ]
    share = "" if len(reached) == len(runs) else f" ({len(reached)} of {len(runs)} runs)"
    return f"{median(reached):.1f} s{share}" if reached else "never"


def row(name: str, runs: list[dict]) -> list[str]:
    final = [100 * r["accuracy"][-1] for r in runs]
    spread = f" ± {stdev(final):.3f}" if len(final) > 1 else ""
    return [
        *(name, f"{runs[0]['parameters']:,}", str(len(runs))),
        f"{median(r['seconds'][-1] for r in runs):.1f} s",
        *(seconds_to(runs, 0.99), seconds_to(runs, 0.995)),
        f"{mean(final):.3f}{spread} %",
        f"{median(r['images_per_second'] for r in runs):,.0f}",
        f"{max(r['peak_mb'] for r in runs):,.0f} MB",
    ]


def report(results: dict[str, list[dict]]) -> list[str]:
    lines = [
        "# The CNN beside the classic tutorial network",
        "",
        "Trained on the first 55,000 digits of MNIST, tested on its 10,000; median of the seconds,",
        "mean and standard deviation of the final test accuracy over the seeds.",
        f"{machine()}. Made by `make bench`.",
        "",
        *table(HEADING, *(row(TITLES[name], runs) for name, runs in results.items() if runs)),
    ]
    if results["fast"] and results["tutorial"]:
        ours, theirs = (median(r["seconds"][-1] for r in results[n]) for n in ("fast", "tutorial"))
        share = ours / theirs
        lines += ["", f"The fast recipe takes {share:.2f} of the tutorial network's time."]
    return lines


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--fast", type=int, default=5, help="seeds of our fast recipe")
    parser.add_argument("--tutorial", type=int, default=1, help="seeds of the tutorial network")
    parser.add_argument("--long", type=int, default=3, help="seeds of our long recipe")
    parser.add_argument("--run", nargs=2, metavar=("NAME", "SEED"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.run:
        print(json.dumps(run(arguments.run[0], int(arguments.run[1]))))
        return
    wanted = {name: getattr(arguments, name) for name in ("tutorial", "fast", "long")}
    results: dict[str, list[dict]] = {name: [] for name in wanted}
    for seed in range(max(wanted.values())):
        for name in (name for name, seeds in wanted.items() if seed < seeds):
            command = [sys.executable, __file__, "--run", name, str(seed)]
            output = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
            results[name].append(json.loads(output.splitlines()[-1]))
            publish(__file__, report(results))


if __name__ == "__main__":
    main()
