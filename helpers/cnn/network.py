"""The convolutional network that reads digits, and other small pictures."""

from collections.abc import Callable
from pathlib import Path
from typing import Self

import numpy as np
import torch
from torch import nn

from ..networks import evaluating, load_network, save_network
from ..recogniser import Shape, check_images, image_shape

MEAN, STD = 0.1307, 0.3081  # of the training pixels, scaled to 0..1
LIMITS = {  # of what a file may ask for
    "width": range(1, 257),
    "padding": range(2),
    "side": range(28, 33),
    "channels": range(1, 4, 2),
}


class Classifier(nn.Module):
    """What reads digits: its `forward` makes logits (N, 10) of uint8 images (N, 28, 28)."""

    @property
    def image_shape(self) -> Shape:
        """Of one image: (28, 28), or (32, 32, 3)."""
        return 28, 28

    def predict_proba(self, images: np.ndarray) -> np.ndarray:
        """Probabilities of the ten classes, float32 (N, 10), for uint8 images (N, 28, 28).

        Safe while another thread trains the network. Raises LabError for any other type or shape.
        """
        return self._in_batches(lambda model, x: model(x).softmax(1), images, 10)

    def _in_batches(self, answer: Callable, images: np.ndarray, columns: int) -> np.ndarray:
        images = check_images(images, self.image_shape)
        device = next(self.parameters()).device
        model = evaluating(self)
        with torch.inference_mode():
            batches = [
                answer(model, torch.from_numpy(images[i : i + 1000]).to(device)).cpu()
                for i in range(0, len(images), 1000)
            ]
        return torch.cat(batches or [torch.empty(0, columns)]).numpy()


class DigitCNN(Classifier):
    """A small convolutional network: uint8 images (N, 28, 28) in, logits (N, 10) out.

    Four convolutions without padding, each followed by batch normalisation (Ioffe and Szegedy,
    2015) and ReLU, shrink 28 × 28 pixels to one, while `width` channels grow to 8 `width`. Pooling
    comes before the normalisation, which then has a quarter of the work. With `padding=1` the
    3 × 3 convolutions keep their places, and 3 × 3 are left at the end: more exact, and slower.
    Images of another `side`, 28 to 32 pixels, or with 3 `channels` are (N, side, side, 3).
    """

    def __init__(self, width: int = 16, padding: int = 0, side: int = 28, channels: int = 1):
        super().__init__()
        self.width, self.padding, self.side, self.channels = width, padding, side, channels
        w, p = width, padding
        pooled = (side - 4) // 2  # 12 of 28 pixels
        places = (pooled // 4 if padding else (pooled - 2) // 2 - 4) ** 2  # 1; padded: 9
        self.facts: dict = {}  # of its training, from the file it was loaded from
        self.features = nn.Sequential(
            nn.Conv2d(channels, w, 5, bias=False),  # (N, w, 24, 24)
            nn.MaxPool2d(2),  # (N, w, 12, 12)
            nn.BatchNorm2d(w),
            nn.ReLU(),
            nn.Conv2d(w, 2 * w, 3, padding=p, bias=False),  # (N, 2w, 10, 10); padded: 12 × 12
            nn.MaxPool2d(2),  # (N, 2w, 5, 5); padded: 6 × 6
            nn.BatchNorm2d(2 * w),
            nn.ReLU(),
            nn.Conv2d(2 * w, 4 * w, 3, padding=p, bias=False),  # (N, 4w, 3, 3); padded: 6 × 6
            nn.BatchNorm2d(4 * w),
            nn.ReLU(),
            nn.Conv2d(4 * w, 8 * w, 3, padding=p, bias=False),  # (N, 8w, 1, 1); padded: 6 × 6
            *([nn.MaxPool2d(2)] if padding else []),  # padded: 3 × 3
            nn.BatchNorm2d(8 * w),
            nn.ReLU(),
            nn.Flatten(),  # (N, 8w); padded: 9 times as many
        )
        self.classifier = nn.Linear(places * 8 * w, 10)

    @property
    def image_shape(self) -> Shape:
        return image_shape(self.side, self.channels)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.features(normalise(images)))  # (N, 10)

    def embed(self, images: np.ndarray) -> np.ndarray:
        """What the last layer decides on: activations, float32 (N, d), for images as above."""
        columns = self.classifier.in_features
        return self._in_batches(lambda model, x: model.features(normalise(x)), images, columns)

    def save(self, path: str | Path, **facts: object) -> Path:
        """Write the weights as safetensors, with facts of the training (JSON-able) beside them.

        Raises LabError for weights that hold NaN: a good file that stands there stays.
        """
        return save_network(path, self, LIMITS, facts | {"mean": MEAN, "std": STD})

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a network that `save` wrote, ready to predict.

        Raises LabError for a file that is missing, damaged, or of another model, before anything
        of it is used. The facts stored with it are then in `facts`.
        """
        return load_network(cls, path, LIMITS)


def normalise(images: torch.Tensor) -> torch.Tensor:
    """Scale images (N, 28, 28), 0 to 255, to mean 0 and standard deviation 1: (N, 1, 28, 28).

    Colour images (N, 32, 32, 3) are scaled by the same numbers, and give (N, 3, 32, 32); float32.
    """
    planes = images[:, None] if images.ndim == 3 else images.movedim(3, 1)
    return (planes.float() / 255 - MEAN) / STD
