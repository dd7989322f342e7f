"""The two networks of the game: one draws digits, the other tells drawn ones from real ones."""

from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from torch import nn

from .. import LabError
from ..networks import evaluating, read_metadata, read_weights, save_weights
from ..recogniser import check_labels


class Generator(nn.Module):
    """Draws digits: latents (N, latent_dim) and labels (N,) in, images (N, 28, 28), 0 to 255, out.

    A linear layer makes 7 × 7 places of `2 * width` channels; two transposed convolutions double
    them to 14 × 14 and 28 × 28 (DCGAN: Radford et al., 2016), and a plain one between them bends
    the strokes. The wanted digit stands as a one-hot row beside the latents. With `classes=0` there
    is none: the classic DCGAN, `labels` unused.
    """

    def __init__(self, latent_dim: int = 64, width: int = 32, classes: int = 10):
        super().__init__()
        self.latent_dim, self.width, self.classes = latent_dim, width, classes
        self.facts: dict = {}  # of its training, from the file it was loaded from
        w = width
        self.project = nn.Linear(latent_dim + classes, 7 * 7 * 2 * w, bias=False)
        self.upsample = nn.Sequential(
            nn.Unflatten(1, (2 * w, 7, 7)),  # (N, 2w, 7, 7)
            nn.BatchNorm2d(2 * w),
            nn.ReLU(),
            nn.ConvTranspose2d(2 * w, w, 4, stride=2, padding=1, bias=False),  # (N, w, 14, 14)
            nn.BatchNorm2d(w),
            nn.ReLU(),
            nn.Conv2d(w, w, 3, padding=1, bias=False),  # (N, w, 14, 14)
            nn.BatchNorm2d(w),
            nn.ReLU(),
            nn.ConvTranspose2d(w, 1, 4, stride=2, padding=1),  # (N, 1, 28, 28)
            nn.Tanh(),
        )
        self.apply(initialise)

    def forward(self, latents: torch.Tensor, labels: torch.Tensor | None = None) -> torch.Tensor:
        if labels is not None and self.classes:
            wanted = nn.functional.one_hot(labels, self.classes)  # (N, 10)
            latents = torch.cat([latents, wanted], 1)  # (N, latent_dim + 10)
        ink = self.upsample(self.project(latents))[:, 0]  # (N, 28, 28), -1 to 1
        return 127.5 * (ink + 1)

    def draw(self, latents: torch.Tensor, labels: np.ndarray | torch.Tensor) -> np.ndarray:
        """Images, uint8 (N, 28, 28), for latents (N, latent_dim) and the wanted digits (N,)."""
        device = next(self.parameters()).device
        labels = torch.as_tensor(labels)
        model = evaluating(self)
        with torch.inference_mode():
            batches = [
                model(z.to(device), y.to(device)).round().byte().cpu()
                for z, y in zip(latents.split(1000), labels.split(1000), strict=True)
            ]
        return torch.cat(batches).numpy()

    def sample(self, labels: np.ndarray, seed: int = 0, truncation: float = 0.9) -> np.ndarray:
        """Draw the digits `labels`, int64 (N,): uint8 (N, 28, 28), the same for the same seed.

        `truncation` scales the latents: the smaller, the neater and the more alike are the digits,
        above 1 they grow wild. Raises LabError for labels that are no digits.
        """
        labels = np.asarray(labels)
        check_labels(labels, len(labels))
        chance = torch.Generator().manual_seed(seed)
        latents = torch.randn(len(labels), self.latent_dim, generator=chance)
        return self.draw(truncation * latents, labels)

    def save(self, path: str | Path, **facts: object) -> Path:
        """Write the weights as safetensors, with facts of the training (JSON-able) beside them."""
        shape = {"latent_dim": self.latent_dim, "width": self.width, "classes": self.classes}
        return save_weights(path, self.state_dict(), {"model": "Generator"} | shape | facts)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a generator that `save` wrote, ready to draw.

        Raises LabError for a file that is missing, damaged, or of another model, before anything
        of it is used. The facts stored with it are then in `facts`.
        """
        facts = read_metadata(path, "Generator")
        shape: dict[str, Any] = {}
        for name in ("latent_dim", "width", "classes"):
            shape[name] = value = facts.get(name)
            if type(value) is not int or not (name != "classes") <= value <= 1024:
                raise LabError(f"{path} names a {name} that no Generator has: {value}.")
        with torch.device("meta"):
            shapes = {name: tensor.shape for name, tensor in cls(**shape).state_dict().items()}
        tensors = read_weights(path, shapes)
        generator = cls(**shape)
        generator.load_state_dict(tensors)
        generator.facts = facts
        return generator.eval()


class Discriminator(nn.Module):
    """Tells real digits from drawn ones: images (N, 28, 28), 0 to 255, in, logits (N,) out.

    Two convolutions with stride 2 shrink 28 × 28 pixels to 7 × 7. Above 0 it takes an image for
    real. With classes it also asks whether the image fits its label: the features are compared with
    a vector learnt for that digit (projection: Miyato and Koyama, 2018).
    """

    def __init__(self, width: int = 32, classes: int = 10):
        super().__init__()
        self.width, self.classes = width, classes
        w = width
        self.features = nn.Sequential(
            nn.Conv2d(1, w, 4, stride=2, padding=1),  # (N, w, 14, 14)
            nn.LeakyReLU(0.2),
            nn.Conv2d(w, 2 * w, 4, stride=2, padding=1, bias=False),  # (N, 2w, 7, 7)
            nn.BatchNorm2d(2 * w),
            nn.LeakyReLU(0.2),
            nn.Flatten(),  # (N, 98w)
        )
        self.real = nn.Linear(98 * w, 1)
        self.fits = nn.Embedding(classes, 98 * w) if classes else None
        self.apply(initialise)

    def forward(self, images: torch.Tensor, labels: torch.Tensor | None = None) -> torch.Tensor:
        features = self.features(images[:, None] / 127.5 - 1)  # (N, 98w), from pixels -1 to 1
        logits = self.real(features)[:, 0]  # (N,)
        if self.fits is not None:
            logits = logits + (self.fits(labels) * features).sum(1)
        return logits


def initialise(module: nn.Module) -> None:
    """Draw a layer's weights as DCGAN does: deviation 0.02, around 0, or 1 for a normalisation."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, 0, 0.02)
        if isinstance(bias := getattr(module, "bias", None), torch.Tensor):
            nn.init.zeros_(bias)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1, 0.02)
