"""Reading and drawing other pictures than digits: writes benchmarks/other_pictures.md and sheets.

    python benchmarks/other_pictures.py [--only fashion] [--seconds 150 3000]

DigitCNN learns each data set by its recipe, which was chosen on the validation split; then it is
the judge of the players and the game of notebook 04 after so many seconds of a processor: several
numbers are as many generators, each from its beginning. With `--only` the lines of the other data
set stay as they stand in other_pictures.json.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from report import machine, publish, table

from helpers.cnn import RECIPES, DigitCNN, fit, predict_with_mirror
from helpers.data import load_images
from helpers.files import write_atomically
from helpers.gan import (
    Discriminator,
    Generator,
    judged_by,
    kernel_distance,
    play_for,
    sample_sheet,
    train_step,
)
from helpers.pictures import png_bytes
from helpers.recogniser import evaluate

JSON = Path(__file__).with_suffix(".json")
NUMBER = 2_500
SECONDS: dict[str, list[float]] = {"fashion": [150], "cifar10": [150, 3000]}


def learn(name: str) -> tuple[DigitCNN, dict[str, Any]]:
    """A DigitCNN trained by its recipe, and what it cost and reads."""
    data, recipe = load_images(name), RECIPES[name]
    images, labels, *validation = data.split()
    torch.manual_seed(0)
    model = DigitCNN(**recipe.network)
    start = time.process_time()
    fit(model, images, labels, **recipe.training, show_progress=False)
    seconds = time.process_time() - start
    result: dict[str, Any] = {"source": data.source, "seconds": seconds}
    result["validation"] = accuracies(model, validation[0], validation[1])
    result["test"] = accuracies(model, data.test_images, data.test_labels)
    print(name, result, flush=True)
    return model, result


def accuracies(model: DigitCNN, images: np.ndarray, labels: np.ndarray) -> list[float]:
    """The share that is read right: as they are, and with what is read in a mirror."""
    both = model.predict_proba(images), predict_with_mirror(model, images)
    return [float((p.argmax(1) == labels).mean()) for p in both]


def draw(name: str, judge: DigitCNN, seconds: float) -> tuple[Generator, dict[str, Any]]:
    """A generator, and its scores."""
    images, labels, real, _ = load_images(name).split()
    torch.manual_seed(0)
    shape = {"side": judge.side, "channels": judge.channels}
    players = Generator(**shape), Discriminator(**shape)
    rates = 1e-3, 1e-3  # those of notebook 04
    drawn, history = play_for(seconds, *players, images, labels, train_step, rates=rates)
    result = {"seconds": seconds, "steps": len(history["loss"])}
    result |= judged_by(judge, real[:NUMBER])(drawn)
    print(name, result, flush=True)
    return drawn, result


def real_scores(name: str, judge: DigitCNN) -> dict[str, float]:
    """The same scores of real images: one half of the validation split beside the other."""
    *_, real, labels = load_images(name).split()
    halves = judge.embed(real[:NUMBER]), judge.embed(real[NUMBER:])
    agreement = evaluate(judge, real[:NUMBER], labels[:NUMBER])
    return {"KID": 1000 * kernel_distance(*halves), "agreement": agreement}


def sheet_path(name: str, seconds: float) -> Path:
    return JSON.with_name(f"other_pictures_{name}_{seconds:.0f}s.png")


def report(found: dict[str, dict[str, Any]]) -> None:
    """Write the table."""
    reading = [
        [r["source"], f"{r['seconds']:.0f}"]
        + [f"{share:.2%}" for share in (*r["validation"], *r["test"])]
        for r in found.values()
    ]
    drawing = [
        [
            r["source"],
            f"[{run['seconds']:.0f}]({sheet_path(name, run['seconds']).name})",
            f"{run['steps']:,}",
            f"{run['KID']:.2f} ({r['real']['KID']:.2f})",
            f"{run['agreement']:.1%} ({r['real']['agreement']:.1%})",
        ]
        for name, r in found.items()
        for run in r["drawn"]
    ]
    lines = [
        "# Other pictures",
        "",
        "DigitCNN, trained by its recipe on all but the last 5,000 training images; one seed, "
        "seconds of a processor (one thread).",
        "*With mirror*: the mean of what is read in an image and in its mirror image.",
        "",
        *table(["", "seconds", "validation", "with mirror", "test", "with mirror"], *reading),
        "",
        f"The generator of notebook 04 on the same images, scores of {NUMBER:,} by that network, "
        "in brackets those of as many real",
        "images. Steps depend on the machine and on what else it does; the seconds lead to sheets.",
        "",
        *table(["", "seconds", "steps", "KID × 1000", "agreement"], *drawing),
        "",
        f"{machine()}. Made by `make bench`.",
    ]
    publish(__file__, lines)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", choices=["fashion", "cifar10"])
    parser.add_argument("--seconds", type=float, nargs="+", help="of a processor, to draw")
    options = parser.parse_args()
    torch.set_num_threads(1)
    for name in [options.only] if options.only else ["fashion", "cifar10"]:
        judge, read = learn(name)
        result = read | {"real": real_scores(name, judge), "drawn": []}
        for seconds in options.seconds or SECONDS[name]:
            generator, drawn = draw(name, judge, seconds)
            result["drawn"].append(drawn)
            sheet = Image.fromarray(sample_sheet(generator, 6)).convert("RGB").quantize(64)
            write_atomically(sheet_path(name, seconds), png_bytes(sheet, optimize=True))
        found = json.loads(JSON.read_text()) if JSON.exists() else {}
        write_atomically(JSON, json.dumps(found | {name: result}, indent=1) + "\n")
    report(json.loads(JSON.read_text()))


if __name__ == "__main__":
    main()
