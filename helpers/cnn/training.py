"""The training loop for classifiers: stochastic gradient descent, made fast.

Its history has the `loss` and the `learning_rate` of each step, and for each epoch the `seconds`,
the `train_accuracy` (of the augmented digits, as they were met) and the `validation_accuracy`.
"""

import functools
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch.nn.functional import cross_entropy
from tqdm.auto import tqdm

from .. import LabError
from ..recogniser import (
    Recogniser,
    check_counts,
    check_digits,
    check_numbers,
    check_validation,
    evaluate,
)
from ..training_run import History, Part, TrainingRun, WentWrong, scale_rate
from ..training_run.processes import (
    check_shares,
    from_first,
    in_step,
    of_all,
    own_chance,
    own_share,
)

Augmentation = Callable[[torch.Tensor, float], torch.Tensor]
RECORDS = ("loss", "learning_rate", "train_accuracy", "validation_accuracy", "seconds")


def fit(
    model: torch.nn.Module,
    images: np.ndarray,
    labels: np.ndarray,
    validation: tuple[np.ndarray, np.ndarray] | None = None,
    *,
    epochs: int = 6,
    full_epochs: int = 2,
    batch_size: int = 128,
    learning_rate: float = 0.2,
    weight_decay: float = 5e-4,
    optimizer: str = "sgd",
    augment: Augmentation | None = None,
    seed: int = 0,
    log_dir: str | Path | None = None,
    checkpoint: str | Path | None = None,
    show_progress: bool = True,
    progress: Callable[[float, History], None] | None = None,
) -> History:
    """Train a classifier on uint8 images (N, 28, 28) with labels (N,), 0 to 9; give the history.

    Where the model says its `image_shape`, images have that one. Nesterov momentum on the
    cross-entropy, one cycle of the learning rate (Smith and Topin, 2018); `optimizer="adamw"`, at a
    rate near 0.001, takes AdamW (Loshchilov and Hutter, 2019). `augment(images, strength)` changes
    each batch, less in the last eighth of the steps. After `full_epochs` only the half with the
    largest loss is met ("biggest losers": Jiang et al., 2019). `progress` gets the share that is
    done and the history after each step, as `helpers.live.Live` wants it. Of several processes
    (`torchrun`) each takes its share of every batch. `log_dir`, `checkpoint`, and what a stop or a
    loss that is not finite leaves: `TrainingRun`. Raises LabError for bad arguments.
    """
    images, labels, validation = _check_pictures(model, images, labels, validation)
    check_counts(epochs=epochs, batch_size=batch_size)
    check_counts(0, full_epochs=full_epochs, seed=seed)
    check_numbers(learning_rate=learning_rate, weight_decay=weight_decay)
    half = max(min(2, len(images)), len(images) // 2)
    meets = [len(images) if epoch < full_epochs else half for epoch in range(epochs)]
    batch_size = check_shares(min(batch_size, *meets))
    steps = sum(n // batch_size for n in meets)
    loop = _Loop(model, images, labels, _optimizer(optimizer, model, learning_rate, weight_decay))
    history: History = {name: [] for name in RECORDS}
    settings: list[object] = [str(model), images, labels, augment, seed, meets]
    settings += [batch_size, optimizer, learning_rate, weight_decay]
    with TrainingRun(loop.parts, history, settings, checkpoint, log_dir) as run:
        for epoch in run.epochs(epochs, seed):
            start = time.perf_counter()
            batches = loop.choose(meets[epoch - 1], epoch > full_epochs).split(batch_size)
            batches = batches[: meets[epoch - 1] // batch_size]  # whole ones
            bar = tqdm(batches, f"epoch {epoch}/{epochs}", leave=False, disable=not show_progress)
            for batch in bar:
                done = len(history["loss"]) / steps  # 0 to 1
                history["learning_rate"].append(scale_rate(loop.optimizer, one_cycle(done)))
                history["loss"].append(loop.step(batch, augment, 1 if done < 7 / 8 else 0.3))
                _tell(bar, history["loss"])
                if progress:
                    progress(done + 1 / steps, history)
            history["train_accuracy"].append(loop.share_right())
            history["seconds"].append(time.perf_counter() - start)
            history["validation_accuracy"] += _judge(model, validation)
            _report_epoch(run, history, len(batches), show_progress)
    return history


def _check_pictures(
    model: torch.nn.Module,
    images: np.ndarray,
    labels: np.ndarray,
    validation: tuple[np.ndarray, np.ndarray] | None,
) -> tuple[np.ndarray, np.ndarray, tuple[np.ndarray, np.ndarray] | None]:
    shape = getattr(model, "image_shape", (28, 28))
    images, labels = check_digits(images, labels, 10, shape)
    if validation is not None:
        validation = check_validation(validation, 10, shape)
    return images, labels, validation


def _optimizer(
    name: str, model: torch.nn.Module, learning_rate: float, weight_decay: float
) -> torch.optim.Optimizer:
    options: dict[str, Any] = {"lr": learning_rate, "weight_decay": weight_decay, "fused": True}
    if name == "sgd":
        return torch.optim.SGD(model.parameters(), momentum=0.9, nesterov=True, **options)
    if name == "adamw":
        return torch.optim.AdamW(model.parameters(), **options)
    raise LabError(f'optimizer must be "sgd" or "adamw", not {name!r}.')


class _Loop:
    """What a training knows between its steps, and how it makes one."""

    def __init__(
        self,
        model: torch.nn.Module,
        images: np.ndarray,
        labels: np.ndarray,
        optimizer: torch.optim.Optimizer,
    ) -> None:
        self.model = in_step(model.to(memory_format=torch.channels_last))  # type: ignore[call-overload]
        weight = next(model.parameters())
        device = weight.device
        self.images, self.labels = (torch.from_numpy(a).to(device) for a in (images, labels))
        self.optimizer = optimizer
        self.last_loss = weight.new_zeros(len(images))  # of each digit
        self.parts: dict[str, Part] = {
            "model": model,
            "optimizer": self.optimizer,
            "last_loss": self.last_loss,
        }

    def choose(self, n: int, hardest: bool) -> torch.Tensor:
        """The positions of n digits in random order: all, or those with the largest loss so far."""
        self.right = torch.zeros(1, dtype=torch.int64, device=self.last_loss.device)
        self.met = 0
        order = torch.randperm(n, device=self.last_loss.device)
        own_chance()
        return self.last_loss.topk(n).indices[order] if hardest else order

    def step(self, batch: torch.Tensor, augment: Augmentation | None, strength: float) -> float:
        """Learn from the digits at these positions; the mean loss that they had.

        Of several processes each takes its share, and all know all losses.
        """
        share = own_share(batch)
        x, y = self.images[share], self.labels[share]  # (batch_size, 28, 28), (batch_size,)
        if augment:
            x = augment(x, strength)
        with torch.autocast(x.device.type, torch.bfloat16, enabled=x.device.type == "cuda"):
            logits = self.model(x)  # (batch_size, 10)
            each_loss = cross_entropy(logits, y, reduction="none")  # (batch_size,)
        losses = of_all(each_loss.detach())
        if not math.isfinite(value := losses.mean().item()):
            raise WentWrong("The loss is not finite: try a smaller learning rate.")
        self.optimizer.zero_grad()
        each_loss.mean().backward()
        self.optimizer.step()
        self.last_loss[batch] = losses
        self.right += (logits.argmax(1) == y).sum()
        self.met += len(batch)
        return value

    def share_right(self) -> float:
        """The share, 0 to 1, of the digits met since `choose` that were read right."""
        return int(of_all(self.right).sum()) / self.met


def one_cycle(progress: float, warm_up: float = 0.25) -> float:
    """The learning rate's share of its peak at `progress` (0 to 1): a rise, then a fall to zero."""
    return progress / warm_up if progress < warm_up else (1 - progress) / (1 - warm_up)


def _judge(model: torch.nn.Module, validation: tuple[np.ndarray, np.ndarray] | None) -> list[float]:
    if not validation:
        return []
    return [from_first(functools.partial(evaluate, cast(Recogniser, model), *validation))]


def _tell(bar: tqdm, losses: list[float]) -> None:
    if len(losses) % 10 == 0:
        bar.set_postfix(loss=f"{losses[-1]:.3f}", refresh=False)


def _report_epoch(run: TrainingRun, history: History, steps: int, show: bool) -> None:
    """Print the last epoch, of so many steps, in a line, if it is to be shown, and log it."""
    loss, rate = (history[name][-steps:] for name in ("loss", "learning_rate"))
    accuracies = {n: history[f"{n}_accuracy"][-1:] for n in ("train", "validation")}
    if show:
        line = f"epoch {run.epoch}: loss {np.mean(loss):.3f}"
        line += "".join(f", {name} accuracy {a[0]:.2%}" for name, a in accuracies.items() if a)
        print(f"{line} ({history['seconds'][-1]:.1f} s)")

    def write(writer: Any) -> None:
        end = len(history["loss"])
        for i in range(steps):
            writer.add_scalar("loss", loss[i], end - steps + i)
            writer.add_scalar("learning_rate", rate[i], end - steps + i)
        for name, accuracy in accuracies.items():
            if accuracy:
                writer.add_scalar(f"accuracy/{name}", accuracy[0], end)

    run.log(write)
