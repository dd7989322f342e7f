"""The convolutional network that reads digits."""

from pathlib import Path
from typing import Self

import numpy as np
import torch
from torch import nn

from .checks import check_images
from .errors import LabError
from .evaluation import evaluating
from .weights import read_metadata, read_weights, save_weights

MEAN, STD = 0.1307, 0.3081  # of the training pixels, scaled to 0..1


class DigitCNN(nn.Module):
    """A small convolutional network: uint8 images (N, 28, 28) in, logits (N, 10) out.

    Four convolutions without padding, each followed by batch normalisation (Ioffe and Szegedy,
    2015) and ReLU, shrink 28 × 28 pixels to one, while `width` channels grow to 8 `width`. Pooling
    comes before the normalisation: the same answer for a quarter of the work.
    """

    def __init__(self, width: int = 16):
        super().__init__()
        self.width = w = width
        self.facts: dict = {}  # of its training, from the file it was loaded from
        self.features = nn.Sequential(
            nn.Conv2d(1, w, 5, bias=False),  # (N, w, 24, 24)
            nn.MaxPool2d(2),  # (N, w, 12, 12)
            nn.BatchNorm2d(w),
            nn.ReLU(),
            nn.Conv2d(w, 2 * w, 3, bias=False),  # (N, 2w, 10, 10)
            nn.MaxPool2d(2),  # (N, 2w, 5, 5)
            nn.BatchNorm2d(2 * w),
            nn.ReLU(),
            nn.Conv2d(2 * w, 4 * w, 3, bias=False),  # (N, 4w, 3, 3)
            nn.BatchNorm2d(4 * w),
            nn.ReLU(),
            nn.Conv2d(4 * w, 8 * w, 3, bias=False),  # (N, 8w, 1, 1)
            nn.BatchNorm2d(8 * w),
            nn.ReLU(),
            nn.Flatten(),  # (N, 8w)
        )
        self.classifier = nn.Linear(8 * w, 10)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.features(normalise(images)))  # (N, 10)

    def predict_proba(self, images: np.ndarray) -> np.ndarray:
        """Probabilities of the ten digits, float32 (N, 10), for uint8 images (N, 28, 28).

        Safe while another thread trains the network. Raises LabError for any other type or shape.
        """
        check_images(images)
        device = next(self.parameters()).device
        model = evaluating(self)
        with torch.inference_mode():
            batches = [
                model(torch.from_numpy(images[i : i + 1000]).to(device)).softmax(1).cpu()
                for i in range(0, len(images), 1000)
            ]
        return torch.cat(batches or [torch.empty(0, 10)]).numpy()

    def save(self, path: str | Path, **facts: object) -> Path:
        """Write the weights as safetensors, with facts of the training (JSON-able) beside them."""
        metadata = {"model": "DigitCNN", "width": self.width, "mean": MEAN, "std": STD}
        return save_weights(path, self.state_dict(), metadata | facts)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a network that `save` wrote, ready to predict.

        Raises LabError for a file that is missing, damaged, or of another model, before anything
        of it is used. The facts stored with it are then in `facts`.
        """
        facts = read_metadata(path, "DigitCNN")
        width = facts.get("width")
        if not isinstance(width, int) or not 0 < width <= 256:
            raise LabError(f"{path} names a width that no DigitCNN has: {width}.")
        with torch.device("meta"):
            shapes = {name: tensor.shape for name, tensor in cls(width).state_dict().items()}
        tensors = read_weights(path, shapes)
        model = cls(width)
        model.load_state_dict(tensors)
        model.facts = facts
        return model.eval()


def normalise(images: torch.Tensor) -> torch.Tensor:
    """Scale images (N, 28, 28), 0 to 255, to mean 0 and deviation 1: float32 (N, 1, 28, 28)."""
    return (images[:, None].float() / 255 - MEAN) / STD
