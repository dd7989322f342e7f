"""Other games and other generators, for the same seconds each: benchmarks/gan_games.md and .png

    python benchmarks/gan_games.py [--seconds 24]

All learn MNIST, for the same seconds of a processor, with the players of notebook 04 at half their
width, half its batches, no wrong labels, and rates of their own. They play in turn, a seed each,
so that a slow phase of the machine meets all of them. The scores are those of notebook 07, of 2,500
drawn digits against the first 2,500 of the validation split. gan_games.json has the course of each
game, which the notebook draws beside its own.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from report import machine, publish, table

from helpers import ROOT
from helpers.cnn import DigitCNN
from helpers.data import load_images
from helpers.files import write_atomically
from helpers.gan import (
    GAMES,
    Discriminator,
    Generator,
    attentive_generator,
    judged_by,
    kernel_distance,
    play_for,
    residual_generator,
    sample_sheet,
)
from helpers.pictures import png_bytes
from helpers.recogniser import evaluate

JSON = Path(__file__).with_suffix(".json")
WIDTH, BATCH_SIZE, SCORES, NUMBER = 16, 32, 4, 2_500
RATES = 1e-3, 4e-4  # of generator and discriminator
PLAIN = GAMES["cross-entropy, R1"]
ALL: dict[str, tuple[Callable[..., Generator], Callable]] = {
    name: (Generator, step) for name, step in GAMES.items()
}
ALL |= {"residual blocks": (residual_generator, PLAIN)}
ALL |= {"self-attention": (attentive_generator, PLAIN)}


def contest(
    make: Callable[..., Generator], step: Callable, seed: int, seconds: float
) -> tuple[dict[str, Any], np.ndarray]:
    """One game on MNIST: its scores and their course, its loss, and its sheet of samples."""
    images, labels, real, _ = load_images("mnist").split()
    judge = DigitCNN.load(ROOT / "models" / "cnn.safetensors")
    torch.manual_seed(seed)
    players = make(width=WIDTH), Discriminator(WIDTH)
    drawn, history = play_for(
        seconds,
        *players,
        images,
        labels,
        step,
        batch_size=BATCH_SIZE,
        rates=RATES,
        seed=seed,
        score=judged_by(judge, real[:1_000]),
        scores=SCORES,
    )
    run: dict[str, Any] = judged_by(judge, real[:NUMBER])(drawn)
    run |= {"steps": len(history["loss"]), "course": history["scores"]["KID"]}
    parts = np.array_split(history["loss"], 60)
    run["loss"] = [round(float(np.mean(part)), 3) for part in parts]
    return run, sample_sheet(drawn, 2)


def row(name: str, runs: list[dict[str, Any]]) -> list[str]:
    """A line of the table, with the values of each seed."""
    kids = " · ".join(f"{run['KID']:.2f}" for run in runs)
    agreements = " · ".join(f"{run['agreement']:.1%}" for run in runs)
    return [name, kids, agreements, " · ".join(f"{run['steps']:,}" for run in runs)]


def report(runs: dict[str, list[dict[str, Any]]], sheets: list[np.ndarray], seconds: float) -> None:
    """Write the three files."""
    sheet = Image.fromarray(np.concatenate(sheets))
    write_atomically(JSON.with_suffix(".png"), png_bytes(sheet, optimize=True))
    judge = DigitCNN.load(ROOT / "models" / "cnn.safetensors")
    images, _, real, labels = load_images("mnist").split()
    others = images[np.random.default_rng(0).permutation(len(images))[:NUMBER]]
    mark = {"KID": 1000 * kernel_distance(judge.embed(real[:NUMBER]), judge.embed(others))}
    mark["agreement"] = evaluate(judge, real[:NUMBER], labels[:NUMBER])
    kept = {"seconds": seconds, "runs": runs, "real": mark}
    write_atomically(JSON, json.dumps(kept, indent=1) + "\n")
    lines = [
        "# Other games, other generators",
        "",
        f"MNIST, {seconds:.0f} seconds of a processor each; the values of each seed. Steps depend "
        "on the machine and on what else it",
        f"does. Players of width {WIDTH}, batches of {BATCH_SIZE}, rates {RATES[0]} and {RATES[1]},"
        f" no wrong labels; scores of {NUMBER:,} drawn digits; of real ones:",
        "KID of as many training digits, agreement of validation digits. Two rows of samples of "
        "each, in this order: [gan_games.png](gan_games.png).",
        f"{machine()}. Made by `make bench`.",
        "",
        *table(
            ["", "KID × 1000", "agreement", "steps"],
            *(row(name, results) for name, results in runs.items()),
            ["real digits", f"{mark['KID']:.2f}", f"{mark['agreement']:.1%}", ""],
        ),
    ]
    publish(__file__, lines)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=24, help="of a processor, for each game")
    parser.add_argument("--seeds", type=int, default=2)
    options = parser.parse_args()
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in ALL}
    sheets: dict[str, np.ndarray] = {}  # of the first seed
    for seed in range(options.seeds):
        for name, (make, step) in ALL.items():
            run, sheet = contest(make, step, seed, options.seconds)
            runs[name].append(run)
            sheets.setdefault(name, sheet)
            print(*row(name, runs[name]), flush=True)
    report(runs, list(sheets.values()), options.seconds)


if __name__ == "__main__":
    main()
