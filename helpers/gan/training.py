"""The loop around the two players' training step: epochs, averages, records, a watchful eye."""

import copy
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm.auto import tqdm

from ..recogniser import check_images, check_labels
from ..training_run import load_checkpoint, open_log, save_checkpoint
from .networks import Discriminator, Generator
from .sheets import sample_sheet, save_sheet

Step = Callable[..., dict[str, torch.Tensor]]
Score = Callable[[Generator], dict[str, float]]
TAGS = {  # what a step gives, and its name in TensorBoard
    "generator_loss": "loss/generator",
    "discriminator_loss": "loss/discriminator",
    "real": "D(x)",
    "fake": "D(G(z))",
}


def fit_gan(
    generator: Generator,
    discriminator: Discriminator,
    images: np.ndarray,
    labels: np.ndarray,
    step: Step,
    *,
    epochs: int = 10,
    batch_size: int = 64,
    generator_rate: float = 1e-3,
    discriminator_rate: float = 4e-4,
    average: float = 0.999,
    seed: int = 0,
    score: Score | None = None,
    log_dir: str | Path | None = None,
    checkpoint: str | Path | None = None,
) -> tuple[Generator, dict[str, Any]]:
    """Let the two networks play on uint8 images (N, 28, 28) with int64 labels (N,), 0 to 9.

    `step(generator, discriminator, optimizers, images, labels, progress)` trains each once on a
    batch, with the Adam optimisers (generator's, discriminator's) and `progress` from 0 to 1, and
    gives `generator_loss`, `discriminator_loss`, `real` and `fake`, the mean of D(x) and D(G(z)).
    Both learning rates fall to zero in the second half of the run.

    Gives the averaged generator (an exponential moving average of the weights that forgets
    1 - `average` each step; Yazıcı et al., 2019) and the history: those four per step, `seconds`
    per epoch, and in `scores` what `score` makes of the averaged generator then. With `log_dir` all
    of it goes to TensorBoard, and a sheet of the same latents to `log_dir/samples/epoch_001.png`
    and so on. With `checkpoint` a killed run goes on after its last whole epoch, bit for bit.
    Stopping the cell keeps what was learnt. When `went_wrong`, the run ends with the networks of
    the last good epoch. Raises LabError for images or labels that it cannot use.
    """
    check_images(images)
    check_labels(labels, len(images))
    device = next(generator.parameters()).device
    images, labels = torch.from_numpy(images).to(device), torch.from_numpy(labels).to(device)
    batch_size = min(batch_size, len(images))
    steps = len(images) // batch_size
    averaged = copy.deepcopy(generator)
    optimizers = (
        torch.optim.Adam(generator.parameters(), generator_rate, betas=(0.5, 0.999)),
        torch.optim.Adam(discriminator.parameters(), discriminator_rate, betas=(0.5, 0.999)),
    )
    players: dict[str, Any] = {
        "generator": generator,
        "discriminator": discriminator,
        "averaged": averaged,
    }
    players |= {"generator_adam": optimizers[0], "discriminator_adam": optimizers[1]}
    history: dict[str, Any] = {name: [] for name in TAGS} | {"seconds": [], "scores": {}}
    settings = {"generator": str(generator), "discriminator": str(discriminator), "seed": seed}
    settings |= {"digits": len(images), "epochs": epochs, "batch_size": batch_size}
    rates = {"generator": generator_rate, "discriminator": discriminator_rate}
    settings |= {"rates": rates, "average": average}
    if state := load_checkpoint(checkpoint, settings):
        history = state["history"]
        _restore(players, state)
        print(f"Going on after epoch {len(history['seconds'])}.")
    writer = open_log(log_dir)
    good = _snapshot(players)

    try:
        for epoch in range(len(history["seconds"]) + 1, epochs + 1):
            torch.manual_seed(1000 * seed + epoch)  # an epoch's chance depends on nothing before it
            start = time.perf_counter()
            generator.train()
            discriminator.train()
            batches = torch.randperm(len(images), device=device)[: steps * batch_size]
            bar = tqdm(batches.split(batch_size), desc=f"epoch {epoch}/{epochs}", leave=False)
            for i, batch in enumerate(bar):
                progress = (epoch - 1 + i / steps) / epochs
                fade = min(1, 2 * (1 - progress))
                for optimizer, rate in zip(optimizers, rates.values(), strict=True):
                    optimizer.param_groups[0]["lr"] = rate * fade
                record = step(
                    generator, discriminator, optimizers, images[batch], labels[batch], progress
                )
                _follow(averaged, generator, max(1 - average, 9 / (10 + len(history["real"]))))
                values = torch.stack([record[name].detach() for name in TAGS]).tolist()
                for name, value in zip(TAGS, values, strict=True):
                    history[name].append(value)
                if i % 20 == 19:
                    bar.set_postfix(real=f"{record['real']:.2f}", fake=f"{record['fake']:.2f}")
            if problem := went_wrong(history, steps):
                print(f"{problem} Stopped: the networks of epoch {epoch - 1} are kept.")
                _restore(players, good)
                break
            history["seconds"].append(time.perf_counter() - start)
            for name, value in (score(averaged) if score else {}).items():
                history["scores"].setdefault(name, []).append(value)
            _report_game(history, steps, optimizers, averaged, writer, log_dir)
            good = _snapshot(players)
            if checkpoint:
                save_checkpoint(checkpoint, settings, history=history, **good)
    except KeyboardInterrupt:
        print(f"Stopped in epoch {epoch}: the networks keep what they have learnt so far.")
    else:
        if checkpoint:  # the run is complete: the next one starts afresh
            Path(checkpoint).unlink(missing_ok=True)
    finally:
        generator.eval()
        discriminator.eval()
        if writer:
            writer.close()
    return averaged.eval(), history


def went_wrong(history: dict[str, Any], steps: int) -> str | None:
    """One sentence on a game that is lost, from the history's last epoch of `steps` steps, or None.

    A loss that is not finite always counts; a discriminator that tells nearly every digit apart
    counts from the second epoch on, for a young generator may still catch up.
    """
    for name in ("generator_loss", "discriminator_loss"):
        if not np.isfinite(history[name][-steps:]).all():
            return f"The {name.replace('_', ' ')} is not finite: try smaller learning rates."
    real, fake = (np.mean(history[name][-steps:]) for name in ("real", "fake"))
    if len(history["real"]) > steps and real > 0.98 and fake < 0.02:
        return f"The discriminator has won: D(x) is {real:.2f} and D(G(z)) {fake:.2f}."
    return None


@torch.no_grad()
def _follow(averaged: Generator, generator: Generator, share: float) -> None:
    """Let the newest weights have their share in the averaged ones."""
    for old, new in zip(averaged.parameters(), generator.parameters(), strict=True):
        old.lerp_(new, share)
    for old, new in zip(averaged.buffers(), generator.buffers(), strict=True):
        old.copy_(new)  # what batch normalisation counts


def _snapshot(players: dict) -> dict:
    return {name: copy.deepcopy(player.state_dict()) for name, player in players.items()}


def _restore(players: dict, state: dict) -> None:
    for name, player in players.items():
        player.load_state_dict(state[name])


def _report_game(
    history: dict[str, Any],
    steps: int,
    optimizers: tuple[torch.optim.Adam, torch.optim.Adam],
    generator: Generator,
    writer: Any,
    log_dir: str | Path | None,
) -> None:
    """Print the last epoch in a line; log it, and a sheet of samples."""
    epoch, end = len(history["seconds"]), len(history["real"])
    real, fake = (np.mean(history[name][-steps:]) for name in ("real", "fake"))
    scores = {name: values[-1] for name, values in history["scores"].items()}
    line = "".join(f", {name} {value:.4g}" for name, value in scores.items())
    print(f"epoch {epoch}: D(x) {real:.2f}, D(G(z)) {fake:.2f}{line}", end=" ")
    print(f"({history['seconds'][-1]:.0f} s)")
    if not (writer and log_dir):
        return
    for i in range(end - steps, end):
        for name, tag in TAGS.items():
            writer.add_scalar(tag, history[name][i], i)
    for name, optimizer in zip(("generator", "discriminator"), optimizers, strict=True):
        writer.add_scalar(f"learning_rate/{name}", optimizer.param_groups[0]["lr"], end)
    for name, value in scores.items():
        writer.add_scalar(f"score/{name}", value, end)
    sheet = sample_sheet(generator)
    writer.add_image("samples", sheet[None], epoch)
    writer.flush()
    save_sheet(sheet, Path(log_dir) / "samples" / f"epoch_{epoch:03d}.png")
