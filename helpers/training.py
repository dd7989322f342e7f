"""The one training loop for classifiers."""

import math
import time
from collections.abc import Callable

import numpy as np
import torch
from torch import nn
from torch.utils.tensorboard import SummaryWriter
from tqdm.auto import tqdm

Augmentation = Callable[[torch.Tensor], torch.Tensor]


def fit(
    model: nn.Module,
    images: np.ndarray,
    labels: np.ndarray,
    validation: tuple[np.ndarray, np.ndarray] | None = None,
    *,
    epochs: int = 3,
    batch_size: int = 128,
    learning_rate: float = 0.2,
    weight_decay: float = 5e-4,
    augment: Augmentation | None = None,
    seed: int = 0,
    log_dir: str | None = None,
) -> dict[str, list[float]]:
    """Train a classifier by stochastic gradient descent on its cross-entropy.

    Takes uint8 images (N, 28, 28) and int64 labels (N,); `validation` is a pair of the same kind.
    Nesterov momentum, with a one-cycle learning rate (Smith and Topin, 2018) whose peak is
    `learning_rate`; `augment` changes each batch of images. With `log_dir` the curves go to
    TensorBoard. Gives the history: `loss` and `learning_rate` per step, `train_accuracy` and
    `validation_accuracy` per epoch (of the augmented digits as they were met, and of the whole
    validation split), `seconds` per epoch.
    """
    torch.manual_seed(seed)
    device = next(model.parameters()).device
    model.to(memory_format=torch.channels_last)
    images, labels = torch.from_numpy(images).to(device), torch.from_numpy(labels).to(device)
    steps = math.ceil(len(images) / batch_size)
    optimizer = torch.optim.SGD(
        model.parameters(), learning_rate, momentum=0.9, nesterov=True, weight_decay=weight_decay
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, learning_rate, epochs * steps, cycle_momentum=False
    )
    loss_function = nn.CrossEntropyLoss()
    writer = SummaryWriter(log_dir) if log_dir else None
    history = {"loss": [], "learning_rate": []}
    history |= {"train_accuracy": [], "validation_accuracy": [], "seconds": []}

    for epoch in range(1, epochs + 1):
        model.train()
        start = time.perf_counter()
        right = 0
        order = torch.randperm(len(images), device=device)
        bar = tqdm(order.split(batch_size), desc=f"epoch {epoch}/{epochs}", leave=False)
        for batch in bar:
            x, y = images[batch], labels[batch]
            if augment:
                x = augment(x)
            logits = model(x)  # (batch_size, 10)
            loss = loss_function(logits, y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            history["loss"].append(loss.item())
            history["learning_rate"].append(schedule.get_last_lr()[0])
            schedule.step()
            right += (logits.argmax(1) == y).sum().item()
            bar.set_postfix(loss=f"{loss.item():.3f}", refresh=False)

        history["seconds"].append(time.perf_counter() - start)
        history["train_accuracy"].append(right / len(images))
        line = f"epoch {epoch}: loss {np.mean(history['loss'][-steps:]):.3f}"
        line += f", training accuracy {right / len(images):.2%}"
        if validation:
            history["validation_accuracy"].append(evaluate(model, *validation))
            line += f", validation accuracy {history['validation_accuracy'][-1]:.2%}"
        print(f"{line} ({history['seconds'][-1]:.0f} s)")
        if writer:
            _log_epoch(writer, history, steps, epoch)
    if writer:
        writer.close()
    return history


def evaluate(model, images: np.ndarray, labels: np.ndarray) -> float:
    """The share of images, 0 to 1, that anything with `predict_proba` reads right."""
    return float((model.predict_proba(images).argmax(1) == labels).mean())


def _log_epoch(writer: SummaryWriter, history: dict, steps: int, epoch: int) -> None:
    for step in range(steps * (epoch - 1), steps * epoch):
        writer.add_scalar("train/loss", history["loss"][step], step)
        writer.add_scalar("train/learning_rate", history["learning_rate"][step], step)
    for split in ("train", "validation"):
        if history[f"{split}_accuracy"]:
            accuracy = history[f"{split}_accuracy"][-1]
            writer.add_scalar(f"{split}/accuracy", accuracy, steps * epoch)
    writer.flush()
