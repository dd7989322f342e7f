"""The convolutional network that reads digits."""

from pathlib import Path
from typing import Self

import numpy as np
import torch
from torch import nn

from .errors import LabError
from .weights import read_metadata, read_weights, save_weights

MEAN, STD = 0.1307, 0.3081  # of the training pixels, scaled to 0..1


class DigitCNN(nn.Module):
    """A small convolutional network: uint8 images (N, 28, 28) in, logits (N, 10) out.

    Each convolution is followed by batch normalisation (Ioffe and Szegedy, 2015) and ReLU;
    three poolings bring 28 × 28 pixels down to 3 × 3.
    """

    def __init__(self, channels: tuple[int, int, int, int] = (16, 32, 64, 64)):
        super().__init__()
        self.channels = tuple(channels)
        a, b, c, d = channels
        self.features = nn.Sequential(
            *_convolution(1, a),  # (N, a, 28, 28)
            nn.MaxPool2d(2),  # (N, a, 14, 14)
            *_convolution(a, b),  # (N, b, 14, 14)
            nn.MaxPool2d(2),  # (N, b, 7, 7)
            *_convolution(b, c),  # (N, c, 7, 7)
            *_convolution(c, d),  # (N, d, 7, 7)
            nn.MaxPool2d(2),  # (N, d, 3, 3)
            nn.Flatten(),  # (N, 9 d)
        )
        self.classifier = nn.Linear(9 * d, 10)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.features(normalise(images)))  # (N, 10)

    def predict_proba(self, images: np.ndarray) -> np.ndarray:
        """Probabilities of the ten digits, float32 (N, 10), for uint8 images (N, 28, 28).

        Raises LabError for any other type or shape.
        """
        images = np.asarray(images)
        if images.dtype != np.uint8 or images.shape[1:] != (28, 28):
            raise LabError(
                "images must be uint8 of shape (N, 28, 28), ink 255 on paper 0, "
                f"not {images.dtype} of shape {images.shape}."
            )
        device = next(self.parameters()).device
        training = self.training
        self.eval()
        with torch.inference_mode():
            batches = [
                self(torch.from_numpy(images[i : i + 1000]).to(device)).softmax(1).cpu()
                for i in range(0, len(images), 1000)
            ]
        self.train(training)
        return torch.cat(batches or [torch.empty(0, 10)]).numpy()

    def save(self, path: str | Path, **facts) -> Path:
        """Write the weights as safetensors, with facts of the training (JSON-able) beside them."""
        metadata = {"model": "DigitCNN", "channels": self.channels, "mean": MEAN, "std": STD}
        return save_weights(path, self.state_dict(), metadata | facts)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a network that `save` wrote, ready to predict.

        Raises LabError for a file that is missing, damaged, or of another model, before anything
        of it is used. The facts stored with it are then in `facts`.
        """
        facts = read_metadata(path, "DigitCNN")
        channels = facts.get("channels")
        if not (
            isinstance(channels, list)
            and len(channels) == 4
            and all(isinstance(c, int) and 0 < c <= 1024 for c in channels)
        ):
            raise LabError(f"{path} names channels that no DigitCNN has: {channels}.")
        with torch.device("meta"):
            shapes = {name: t.shape for name, t in cls(channels).state_dict().items()}
        tensors = read_weights(path, shapes)
        model = cls(channels)
        model.load_state_dict(tensors)
        model.facts = facts
        return model.eval()


def normalise(images: torch.Tensor) -> torch.Tensor:
    """Scale uint8 images (N, 28, 28) to mean 0 and deviation 1: float32 (N, 1, 28, 28)."""
    return (images[:, None].float() / 255 - MEAN) / STD


def _convolution(inputs: int, outputs: int) -> list[nn.Module]:
    return [
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),  # the normalisation adds the bias
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    ]
