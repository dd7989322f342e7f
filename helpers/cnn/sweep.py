"""A sweep over hyperparameters, from as many terminals, or machines, as one likes:

    python -m helpers.cnn.sweep [--storage FILE or URL] [--study NAME] [--trials N] …

Each process takes one thread, so start as many as there are cores. All that name the same storage
and study share their trials; what is stopped or killed goes on with the same command. `--storage`
is a file, or a database's address: sqlite:///runs/sweeps.db, postgresql://user@machine/database.
"""

import argparse
import sys
from pathlib import Path

import torch

from .. import ROOT, LabError
from ..data import load_mnist
from ..recogniser import check_counts
from .studies import STORAGE, records_of
from .tuning import PRUNERS, SAMPLERS, Records, tune


def main() -> None:
    description = str(__doc__).splitlines()[0].rstrip(":")
    parser = argparse.ArgumentParser("python -m helpers.cnn.sweep", description=description)
    parser.add_argument("--storage", default=str(STORAGE), help="a file, or a database's address")
    parser.add_argument("--study", default="digits", help="its name there")
    parser.add_argument("--trials", type=int, default=30, help="end with so many finished ones")
    parser.add_argument("--sampler", choices=SAMPLERS, default="tpe")
    parser.add_argument("--pruner", choices=PRUNERS, default="none")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--digits", type=int, default=10_000, help="of the 55,000 to train with")
    parser.add_argument("--threads", type=int, default=1, help="of this process")
    parser.add_argument("--seed", type=int, help="a process that works alone repeats itself")
    parser.add_argument("--log-dir", type=Path, default=ROOT / "runs" / "sweep")
    options = vars(parser.parse_args())
    threads, digits = options.pop("threads"), options.pop("digits")
    try:
        check_counts(threads=threads, digits=digits)
        torch.set_num_threads(threads)
        images, labels, *validation = load_mnist().split()
        study = tune(
            images[:digits],
            labels[:digits],
            (validation[0], validation[1]),
            progress=report,
            **options,
        )
    except LabError as error:
        sys.exit(str(error))
    records = records_of(study)
    if records["loss"]:
        best = min(
            range(len(records["loss"])), key=lambda i: (records["pruned"][i], records["loss"][i])
        )
        print(f"The best of {len(records['loss'])} trials: {told(records, best)}")
    if len(records["loss"]) < options["trials"]:
        sys.exit(130)  # as after any Ctrl-C


def report(share_done: float, records: Records) -> None:
    """Print how far the study has come, and its last finished trial, in a line."""
    print(f"{share_done:.0%} done: {told(records, -1)}", flush=True)


def told(records: Records, place: int) -> str:
    """The trial at a place of the records, in words."""
    trial = {name: values[place] for name, values in records.items()}
    number, pruned = trial.pop("trial"), trial.pop("pruned")
    seconds, loss = trial.pop("seconds"), trial.pop("loss")
    settings = ", ".join(f"{name} {value:.3g}" for name, value in trial.items())
    end = "pruned at" if pruned else "validation loss"
    return f"trial {number}, {end} {loss:.4f}, {settings} ({seconds:.1f} s)"


if __name__ == "__main__":
    main()
