"""What test_cnn_processes.py lets two processes do: torchrun … train_together.py WHAT PATH …"""

import os
import signal
import sys
from typing import Any

import numpy as np
import torch
from torch import nn

from helpers.cnn import DigitCNN, distort, fit
from helpers.data import load_mnist
from helpers.training_run.processes import of_all, process_number, together


class Plain(nn.Module):
    """In double precision, and without batch normalisation, of which each process has its own."""

    def __init__(self) -> None:
        super().__init__()
        layers = [nn.Conv2d(1, 4, 5, 2), nn.ReLU(), nn.Conv2d(4, 8, 5, 2), nn.ReLU(), nn.Flatten()]
        self.layers = nn.Sequential(*layers, nn.Linear(128, 10)).double()

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.layers(images[:, None].double() / 255)


def train_plain(images: np.ndarray, labels: np.ndarray) -> tuple[torch.Tensor, dict[str, Any]]:
    """Two epochs with all of the digits and two with the harder half; all weights, (n,)."""
    torch.manual_seed(0)
    model = Plain()
    options: dict[str, Any] = {"epochs": 4, "batch_size": 60, "learning_rate": 0.05}
    history = fit(model, images[:600], labels[:600], show_progress=False, **options)
    return torch.cat([p.detach().flatten() for p in model.parameters()]), history


def plain(path: str) -> None:
    images, labels, _, _ = load_mnist().split()
    weights, history = train_plain(images, labels)
    both = of_all(weights[None])  # (2, n)
    if process_number() == 0:
        torch.save([both, history["loss"], history["train_accuracy"]], path)


def network(path: str, checkpoint: str, victim: str = "none") -> None:
    """Train DigitCNN; the process of this number is killed in the third epoch, at first."""
    steps = iter(range(20))

    def augment(images: torch.Tensor, strength: float) -> torch.Tensor:
        first = os.environ.get("TORCHELASTIC_RESTART_COUNT") == "0"
        if next(steps, None) is None and first and str(process_number()) == victim:
            os.kill(os.getpid(), signal.SIGKILL)
        return distort(images, strength)

    images, labels, others, answers = load_mnist().split()
    torch.manual_seed(0)
    model = DigitCNN(8)
    history = fit(
        model,
        images[:1280],
        labels[:1280],
        (others[:1000], answers[:1000]),
        epochs=4,
        augment=augment,
        checkpoint=checkpoint,
    )
    if process_number() == 0:
        model.save(path, accuracy=history["validation_accuracy"][-1])


if __name__ == "__main__":
    with together():
        what, *arguments = sys.argv[1:]
        (plain if what == "plain" else network)(*arguments)
