"""A long race of the networks of notebook 06: writes benchmarks/architectures.csv and .md.

The notebook draws the CSV beside its own, shorter race. All is judged by the validation split.
"""

import argparse
import csv
import io
from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from report import machine, publish, table

from helpers.cnn import FAMILY, best_rates, count, side_by_side
from helpers.files import write_atomically

CSV = Path(__file__).with_suffix(".csv")
COLUMNS = ("network", "learning_rate", "seed", "seconds", "steps", "error")
HEADING = ("network", "weights", "multiplications", "learning rate", "seconds", "digits met")


def report(runs: Sequence[dict[str, Any]], seconds: float) -> list[str]:
    """The lines of the table: a network in each, the means of its runs."""
    rows = []
    for name in dict.fromkeys(run["network"] for run in runs):
        its = [run for run in runs if run["network"] == name]
        weights, multiplications = count(FAMILY[name].make())
        errors = " and ".join(f"{run['error']:.2%}" for run in its)
        rows.append([name, f"{weights:,}", f"{multiplications:,}", f"{its[0]['learning_rate']:g}"])
        rows[-1] += [f"{mean(run['seconds'] for run in its):.0f}"]
        rows[-1] += [f"{128 * mean(run['steps'] for run in its):,.0f}", errors]
    return [
        "# A long race of the networks of notebook 06",
        "",
        f"About {seconds:g} seconds of a processor for each training, one thread, the first 55,000",
        "digits of MNIST, distorted, by `fit`; the error is the share of the 5,000 validation",
        "digits that each seed misreads. The learning rate is the best of three, each tried for a",
        "third of that time. DigitCNN and its recipe were tuned on this same split: it runs at",
        "home. Seconds of a processor are fair to all, but on a busy machine each is worth less.",
        f"{machine()}. Made by `python benchmarks/architectures.py`.",
        "",
        *table([*HEADING, "error, each seed"], *rows),
    ]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=40, help="of a processor, a training")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--workers", type=int, help="processes, by default one for each core")
    options = parser.parse_args()
    trial = {"seconds": options.seconds / 3}
    trials = [
        trial | {"network": name, "learning_rate": rate}
        for name, entrant in FAMILY.items()
        for rate in entrant.learning_rates
    ]
    tried = []
    for run in side_by_side(trials, options.workers):
        tried.append(run)
        print(run, flush=True)
    rates = best_rates(tried)
    trainings = [
        {"seconds": options.seconds, "network": name, "learning_rate": rate, "seed": seed}
        for seed in range(options.seeds)
        for name, rate in rates.items()
    ]
    runs = []
    for run in side_by_side(trainings, options.workers):
        runs.append(run)
        runs.sort(key=lambda run: (list(FAMILY).index(run["network"]), run["seed"]))
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(runs)
        write_atomically(CSV, text.getvalue())
        publish(__file__, report(runs, options.seconds))


if __name__ == "__main__":
    main()
