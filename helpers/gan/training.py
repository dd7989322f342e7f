"""The loop around the two players' training step: epochs, averages, records, a watchful eye.

Its history has `generator_loss`, `discriminator_loss`, `real` and `fake`, the means of D(x) and
D(G(z)), of each step; the `seconds` of each epoch, and in `scores` what was measured after it.
"""

import copy
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm.auto import tqdm

from ..recogniser import check_counts, check_digits, check_numbers
from ..training_run import History, Part, TrainingRun, WentWrong, scale_rate
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
    discriminator_rate: float = 1e-3,
    average: float = 0.999,
    seed: int = 0,
    score: Score | None = None,
    log_dir: str | Path | None = None,
    checkpoint: str | Path | None = None,
    progress: Callable[[float, History], None] | None = None,
) -> tuple[Generator, History]:
    """Let the two play on images, uint8 (N, *generator.shape), with labels (N,): the averaged
    generator and the history.

    `step(generator, discriminator, optimizers, images, labels, progress)` trains each once on a
    batch, with their Adam optimisers and `progress` from 0 to 1; it gives the four numbers of a
    step. Both rates fall to zero in the last fifth. The averaged generator forgets 1 - `average`
    of its weights each step, in a young run more (Yazıcı et al., 2019); `score` measures it after
    each epoch. `progress` gets the share that is done and the history after each step
    (`helpers.live.Live`), `log_dir` a sheet of samples, too. A lost game ends. See `TrainingRun`.
    LabError for bad arguments.
    """
    images, labels = check_digits(images, labels, generator.classes or 10, generator.shape)
    check_counts(epochs=epochs, batch_size=batch_size)
    check_counts(0, seed=seed)
    check_numbers(generator_rate=generator_rate, discriminator_rate=discriminator_rate)
    check_numbers(average=average)
    batch_size = min(batch_size, len(images))
    steps = len(images) // batch_size
    rates = generator_rate, discriminator_rate
    play = Play(generator, discriminator, images, labels, step, rates, average, decay=0.2)
    history: History = {name: [] for name in TAGS} | {"seconds": [], "scores": {}}
    settings: list[object] = [str(generator), str(discriminator), images, labels, step, seed]
    settings += [epochs, batch_size, *rates, average]
    with TrainingRun(play.parts, history, settings, checkpoint, log_dir) as run:
        for epoch in run.epochs(epochs, seed):
            start = time.perf_counter()
            order = torch.randperm(len(images), device=play.device)[: steps * batch_size]
            bar = tqdm(order.split(batch_size), f"epoch {epoch}/{epochs}", leave=False)
            for i, batch in enumerate(bar):
                done = (epoch - 1 + i / steps) / epochs  # 0 to 1
                _remember(history, play.move(batch, done, len(history["real"])))
                bar.set_postfix({n: f"{history[n][-1]:.2f}" for n in ("real", "fake")}, False)
                if progress:
                    progress((epoch - 1 + (i + 1) / steps) / epochs, history)
            if lost := verdict(history, steps):
                raise WentWrong(lost)
            history["seconds"].append(time.perf_counter() - start)
            note_scores(history, score, play.averaged)
            _report_game(run, history, steps, play, log_dir)
    return play.averaged, history


def verdict(history: History, steps: int) -> str | None:
    """One sentence on a game that is lost, from the history's last epoch of `steps` steps, or None.

    A discriminator that tells nearly every digit apart has won, also one whose smoothed targets let
    D(x) come to 0.9 at most; but not in the first epoch: a young generator may still catch up.
    """
    real, fake = (np.mean(history[name][-steps:]) for name in ("real", "fake"))
    if len(history["real"]) > steps and real > 0.8 and fake < 0.02:
        return f"The discriminator has won: D(x) is {real:.2f} and D(G(z)) {fake:.2f}."
    return None


class Play:
    """Two players, their optimisers and the averaged generator: `move` makes one step of theirs."""

    def __init__(
        self,
        generator: Generator,
        discriminator: Discriminator,
        images: np.ndarray,
        labels: np.ndarray,
        step: Step,
        rates: tuple[float, float],
        average: float,
        decay: float,
    ) -> None:
        self.players, self._step = (generator, discriminator), step
        self._average, self._decay = average, decay
        self.device = next(generator.parameters()).device
        self._digits = [torch.from_numpy(a).to(self.device) for a in (images, labels)]
        self.averaged = copy.deepcopy(generator)
        self._adams = tuple(
            torch.optim.Adam(player.parameters(), rate, betas=(0.5, 0.999))
            for player, rate in zip(self.players, rates, strict=True)
        )
        self.parts: dict[str, Part] = {"generator": generator, "discriminator": discriminator}
        self.parts |= {"averaged": self.averaged}
        self.parts |= {"generator_adam": self._adams[0], "discriminator_adam": self._adams[1]}

    def move(self, batch: torch.Tensor, done: float, step: int) -> dict[str, torch.Tensor]:
        """Train both on the images at these positions, as step number `step`; what it gives.

        The learning rates, then in `rates`, fall to zero while `done` goes from 1 - `decay` to 1.
        """
        share = min(1, (1 - done) / self._decay)
        self.rates = [scale_rate(adam, share) for adam in self._adams]
        record = self._step(*self.players, self._adams, *(d[batch] for d in self._digits), done)
        _follow(self.averaged, self.players[0], self._average, step)
        return record


def note_scores(history: History, score: Score | None, averaged: Generator) -> None:
    """Append what `score`, if there is one, says of the averaged generator to the history."""
    for name, value in (score(averaged) if score else {}).items():
        history["scores"].setdefault(name, []).append(float(value))


def _remember(history: History, record: dict[str, torch.Tensor]) -> None:
    """Append a step's four numbers to the history; WentWrong where one is not finite."""
    values = torch.stack([record[name].detach() for name in TAGS]).tolist()
    for name, value in zip(TAGS, values, strict=True):
        if not np.isfinite(value):
            what = name.replace("_", " ")
            raise WentWrong(f"The {what} is not finite: try smaller learning rates.")
    for name, value in zip(TAGS, values, strict=True):
        history[name].append(value)


@torch.no_grad()
def _follow(averaged: Generator, generator: Generator, average: float, step: int) -> None:
    """Let the newest weights have their share in the averaged ones.

    Early in a run the share is larger, 9 / (10 + step): an average of the last tenth or so of the
    steps, in which the first, random weights are soon forgotten.
    """
    share = max(1 - average, 9 / (10 + step))
    for old, new in zip(averaged.parameters(), generator.parameters(), strict=True):
        old.lerp_(new, share)
    for old, new in zip(averaged.buffers(), generator.buffers(), strict=True):
        old.copy_(new)  # what batch normalisation counts


def _report_game(
    run: TrainingRun, history: History, steps: int, play: Play, log_dir: str | Path | None
) -> None:
    """Print the last epoch in a line; log it, and a sheet of samples."""
    real, fake = (np.mean(history[name][-steps:]) for name in ("real", "fake"))
    scores = {name: values[-1] for name, values in history["scores"].items()}
    line = "".join(f", {name} {value:.4g}" for name, value in scores.items())
    print(f"epoch {run.epoch}: D(x) {real:.2f}, D(G(z)) {fake:.2f}{line}", end=" ")
    print(f"({history['seconds'][-1]:.0f} s)")

    def write(writer: Any) -> None:
        end = len(history["real"])
        for name, tag in TAGS.items():
            for i in range(end - steps, end):
                writer.add_scalar(tag, history[name][i], i)
        for name, rate in zip(("generator", "discriminator"), play.rates, strict=True):
            writer.add_scalar(f"learning_rate/{name}", rate, end)
        for name, value in scores.items():
            writer.add_scalar(f"score/{name}", value, end)
        sheet = sample_sheet(play.averaged)
        writer.add_image("samples", sheet, run.epoch, dataformats="HWC"[: sheet.ndim])
        save_sheet(sheet, Path(log_dir or "") / "samples" / f"epoch_{run.epoch:03d}.png")

    run.log(write)
