"""The one training loop for classifiers."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn.functional import cross_entropy
from tqdm.auto import tqdm

from ..recogniser import check_images, check_labels, evaluate
from ..training_run import load_checkpoint, open_log, save_checkpoint

Augmentation = Callable[[torch.Tensor, float], torch.Tensor]


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
    augment: Augmentation | None = None,
    seed: int = 0,
    log_dir: str | Path | None = None,
    checkpoint: str | Path | None = None,
    show_progress: bool = True,
) -> dict[str, list[float]]:
    """Train a classifier by stochastic gradient descent on its cross-entropy.

    Takes uint8 images (N, 28, 28) and int64 labels (N,); `validation` is a pair of the same kind.
    Nesterov momentum, with a learning rate that rises to `learning_rate` and falls to zero (one
    cycle: Smith and Topin, 2018). `augment(images, strength)` changes each batch, at strength 1 and
    in the last eighth of the steps at 0.3, closer to the digits that will be read. The first
    `full_epochs` epochs meet all digits, the others only the half with the largest loss so far
    (Jiang et al., "Accelerating deep learning by focusing on the biggest losers", 2019).

    Gives the history: `loss` and `learning_rate` per step; `train_accuracy` (of the augmented
    digits as they were met), `validation_accuracy` and `seconds` per epoch. With `log_dir` it goes
    to TensorBoard too. With `checkpoint` the state is kept there after each epoch, and a run that
    was killed goes on from it, bit for bit. `show_progress` draws a bar and prints a line for each
    epoch. Stopping the cell keeps what was learnt so far. Raises LabError for images or labels that
    it cannot use.
    """
    check_images(images)
    check_labels(labels, len(images))
    device = next(model.parameters()).device
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    images, labels = torch.from_numpy(images).to(device), torch.from_numpy(labels).to(device)
    optimizer = torch.optim.SGD(
        model.parameters(),
        learning_rate,
        momentum=0.9,
        nesterov=True,
        weight_decay=weight_decay,
        fused=True,
    )
    batch_size = min(batch_size, len(images))
    meets = [len(images) if e < full_epochs else len(images) // 2 for e in range(epochs)]
    steps = sum(size // batch_size for size in meets)
    last_loss = torch.zeros(len(images), device=device)
    history: dict[str, list[float]] = {"loss": [], "learning_rate": [], "train_accuracy": []}
    history |= {"validation_accuracy": [], "seconds": []}
    settings = {"model": str(model), "meets": meets, "batch_size": batch_size, "seed": seed}
    settings |= {"learning_rate": learning_rate, "weight_decay": weight_decay}
    settings |= {"augment": getattr(augment, "__name__", str(augment))}
    if state := load_checkpoint(checkpoint, settings):
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        last_loss, history = state["last_loss"].to(device), state["history"]
        print(f"Going on after epoch {len(history['seconds'])}.")
    writer = open_log(log_dir)

    try:
        for epoch in range(len(history["seconds"]) + 1, epochs + 1):
            torch.manual_seed(1000 * seed + epoch)  # an epoch's chance depends on nothing before it
            start = time.perf_counter()
            losses: list[torch.Tensor] = []
            rates, right = [], 0
            model.train()
            order = torch.randperm(meets[epoch - 1], device=device)
            if epoch > full_epochs:
                order = last_loss.topk(len(order)).indices[order]
            batches = order[: len(order) // batch_size * batch_size].split(batch_size)
            title, hidden = f"epoch {epoch}/{epochs}", not show_progress
            for batch in (bar := tqdm(batches, desc=title, leave=False, disable=hidden)):
                progress = (len(history["loss"]) + len(losses)) / steps  # 0 to 1
                rate = learning_rate * one_cycle(progress)
                for group in optimizer.param_groups:
                    group["lr"] = rate
                x, y = images[batch], labels[batch]  # (batch_size, 28, 28), (batch_size,)
                if augment:
                    x = augment(x, 1 if progress < 7 / 8 else 0.3)
                with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
                    logits = model(x)  # (batch_size, 10)
                    each_loss = cross_entropy(logits, y, reduction="none")  # (batch_size,)
                loss = each_loss.mean()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()

                last_loss[batch] = each_loss.detach()
                right += (logits.argmax(1) == y).sum()
                losses.append(loss.detach())
                rates.append(rate)
                if len(losses) % 10 == 0:
                    bar.set_postfix(loss=f"{loss.item():.3f}", refresh=False)

            history["loss"] += torch.stack(losses).tolist()
            history["learning_rate"] += rates
            history["train_accuracy"].append(int(right) / (len(batches) * batch_size))
            history["seconds"].append(time.perf_counter() - start)
            if validation:
                history["validation_accuracy"].append(evaluate(model, *validation))
            _report(history, len(losses), writer, show_progress)
            if checkpoint:
                save_checkpoint(
                    checkpoint,
                    settings,
                    model=model.state_dict(),
                    optimizer=optimizer.state_dict(),
                    last_loss=last_loss,
                    history=history,
                )
    except KeyboardInterrupt:
        print(f"Stopped in epoch {epoch}: the model keeps what it has learnt so far.")
    else:
        if checkpoint:  # the run is complete: the next one starts afresh
            Path(checkpoint).unlink(missing_ok=True)
    finally:
        model.eval()  # ready to predict
        if writer:
            writer.close()
    return history


def one_cycle(progress: float, warm_up: float = 0.25) -> float:
    """The learning rate's share of its peak at `progress` (0 to 1): a rise, then a fall to zero."""
    return progress / warm_up if progress < warm_up else (1 - progress) / (1 - warm_up)


def _report(history: dict[str, list[float]], steps: int, writer: Any, show: bool) -> None:
    """Print the last epoch in a line, if it is to be shown, and log it."""
    epoch = len(history["seconds"])
    line = f"epoch {epoch}: loss {np.mean(history['loss'][-steps:]):.3f}"
    for name in ("train", "validation"):
        if history[f"{name}_accuracy"]:
            line += f", {name} accuracy {history[f'{name}_accuracy'][-1]:.2%}"
    if show:
        print(f"{line} ({history['seconds'][-1]:.1f} s)")
    if not writer:
        return
    end = len(history["loss"])
    for step in range(end - steps, end):
        writer.add_scalar("loss", history["loss"][step], step)
        writer.add_scalar("learning_rate", history["learning_rate"][step], step)
    for name in ("train", "validation"):
        if history[f"{name}_accuracy"]:
            writer.add_scalar(f"accuracy/{name}", history[f"{name}_accuracy"][-1], end)
    writer.flush()
