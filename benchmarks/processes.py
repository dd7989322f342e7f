"""One training by one process and by two, side by side: writes benchmarks/processes.md.

    python benchmarks/processes.py [--rounds 3]

Two cores can be used by one process with two threads or by two with one each. The variants take
turns, so that a slow phase of the machine meets all of them; starting up is not counted.
"""

import argparse
import json
import os
import subprocess
import sys

import torch
from report import machine, publish, table

from helpers.cnn import DigitCNN, distort, fit
from helpers.data import load_mnist
from helpers.training_run.processes import process_number, together

DIGITS = 12_800
VARIANTS = [(1, 1), (1, 2), (2, 1)]  # processes, threads of each
BATCHES = (128, 512)
GIGABIT = 125e6  # bytes a second
DELAY = 1e-4  # seconds for a message between two machines on one switch


def run(batch_size: int) -> None:
    """Train for three epochs, together with the other processes; print the shortest one's time."""
    with together():
        images, labels, _, _ = load_mnist().split()
        torch.manual_seed(0)
        digits = images[:DIGITS], labels[:DIGITS]
        history = fit(
            DigitCNN(),
            *digits,
            epochs=3,
            full_epochs=3,
            batch_size=batch_size,
            augment=distort,
            show_progress=False,
        )
        if process_number() == 0:
            print(json.dumps(min(history["seconds"])))


def measure(processes: int, threads: int, batch_size: int) -> float:
    """The seconds of an epoch, by so many processes in a run of their own."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", str(processes), __file__, "--batch", str(batch_size)]
    environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
    result = subprocess.run(command, env=environment, capture_output=True, text=True)
    if result.returncode:
        sys.exit(result.stderr)
    return json.loads(result.stdout.splitlines()[-1])


def by_arithmetic(machines: int, step: float, weights: int) -> float:
    """How many times as fast so many machines are: each computes its share of a step that takes
    one of them `step` seconds, then a ring of messages adds up the gradients.
    """
    rounds = 2 * (machines - 1)
    exchange = rounds * (4 * weights / machines / GIGABIT + DELAY)
    return step / (step / machines + exchange)


def report(seconds: dict[tuple[int, int, int], list[float]]) -> list[str]:
    """The lines of the page, from the seconds by processes, threads and batch size."""
    best = {key: min(times) for key, times in seconds.items()}
    rows = [
        (
            f"{processes}",
            f"{threads}",
            *(f"{best[processes, threads, size]:.2f} s" for size in BATCHES),
        )
        for processes, threads in VARIANTS
    ]
    weights = sum(p.numel() for p in DigitCNN().parameters())
    steps = {size: best[1, 2, size] / (DIGITS // size) for size in BATCHES}
    beyond = [
        (str(n), *(f"{by_arithmetic(n, steps[size], weights):.1f}" for size in BATCHES))
        for n in (2, 4, 8)
    ]
    batches = [f"batch {size}" for size in BATCHES]
    return [
        "# One training by several processes",
        "",
        f"Seconds for {DIGITS:,} digits, the shortest of {len(next(iter(seconds.values())))} runs,",
        "each the shortest of three epochs; DigitCNN, distorted digits, gloo.",
        f"{machine()}. Made by `make bench`.",
        "",
        *table(["processes", "threads of each", *batches], *rows),
        "",
        "What more machines like this one would bring, by arithmetic: how many times as fast a",
        "step is, if each has two threads and its share of the batch, and if the gradients,",
        f"{4 * weights / 1e6:.2f} MB, are added up in a ring (Patarasuk and Yuan, 2009) over a",
        f"network of one gigabit a second, {1000 * DELAY:.1f} ms for a message, and nothing else",
        "is lost:",
        "",
        *table(["machines", *batches], *beyond),
    ]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batch", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.batch:
        run(options.batch)
        return
    keys = [(*variant, size) for size in BATCHES for variant in VARIANTS]
    seconds: dict[tuple[int, int, int], list[float]] = {key: [] for key in keys}
    for _ in range(options.rounds):
        for key in keys:
            seconds[key].append(measure(*key))
    publish(__file__, report(seconds))


if __name__ == "__main__":
    main()
