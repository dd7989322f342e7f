"""DigitCNN trained by one process, or by several that share each batch:

    torchrun --nproc-per-node 2 -m helpers.cnn.train

On processors they talk by gloo, on GPUs, one process each, by NCCL; with torchrun's other options
they sit on several machines. With `--max-restarts 3` a run in which a process dies starts again
from its last whole epoch. One process: `python -m helpers.cnn.train`.
"""

import argparse
import contextlib
import io
import sys
from pathlib import Path
from typing import Any

import torch

from .. import ROOT, LabError
from ..data import load_mnist
from ..recogniser import check_counts, evaluate
from ..training_run.processes import count_processes, process_number, together
from .network import DigitCNN
from .recipes import DIGITS
from .training import fit

RUN = ROOT / "runs" / "train"


def train_by_command() -> None:
    description = str(__doc__).splitlines()[0].rstrip(":")
    parser = argparse.ArgumentParser("helpers.cnn.train", description=description)
    parser.add_argument("--recipe", choices=DIGITS, default="fast")
    parser.add_argument("--epochs", type=int, help="other than the recipe's")
    parser.add_argument("--batch-size", type=int, default=128, help="of all processes together")
    parser.add_argument("--learning-rate", type=float, default=0.2)
    parser.add_argument("--digits", type=int, default=55_000, help="to train with")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--path", type=Path, default=RUN / "cnn.safetensors", help="the weights")
    parser.add_argument("--log-dir", type=Path, default=RUN / "log")
    options = vars(parser.parse_args())
    try:
        with together() as device, contextlib.ExitStack() as silence:
            if process_number() > 0:  # the first one speaks for all
                silence.enter_context(contextlib.redirect_stdout(io.StringIO()))
            train_and_save(device, **options)
    except LabError as error:
        sys.exit(str(error))


def train_and_save(
    device: torch.device,
    recipe: str,
    epochs: int | None,
    digits: int,
    seed: int,
    path: Path,
    **options: Any,
) -> None:
    """Train, test and save the network; `options` are further arguments of `fit`."""
    check_counts(digits=digits)
    mnist = load_mnist()
    images, labels, *held_out = mnist.split()
    network, training = DIGITS[recipe]
    if epochs is not None:
        options["epochs"] = epochs
    torch.manual_seed(seed)
    model = DigitCNN(**network).to(device)
    print(f"{count_processes()} × {device.type}, {torch.get_num_threads()} threads each")
    fit(
        model,
        images[:digits],
        labels[:digits],
        (held_out[0], held_out[1]),
        seed=seed,
        checkpoint=path.parent / "checkpoint.pt",
        show_progress=process_number() == 0,
        **training | options,
    )
    if process_number() == 0:
        accuracy = evaluate(model, mnist.test_images, mnist.test_labels)
        facts = {"source": mnist.source, "seed": seed, "test_accuracy": accuracy}
        print(f"test accuracy {accuracy:.2%}, weights in {model.save(path, **facts)}")


if __name__ == "__main__":
    train_by_command()
