"""The two networks of the game: one draws digits, the other tells drawn ones from real ones."""

from pathlib import Path
from typing import Self

import numpy as np
import torch
from torch import nn
from tqdm.auto import tqdm

from .. import LabError
from ..networks import evaluating, load_network, save_network
from ..recogniser import check_counts, check_labels, check_numbers

LIMITS = {"latent_dim": range(1, 1025), "width": range(1, 129), "classes": range(1025)}


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

    def draw(
        self,
        latents: torch.Tensor,
        labels: np.ndarray | torch.Tensor,
        show_progress: bool = False,
    ) -> np.ndarray:
        """Images, uint8 (N, 28, 28), for latents (N, latent_dim) and the wanted digits (N,)."""
        wishes = check_wishes(latents, labels, self.latent_dim, self.classes or 10)
        device = next(self.parameters()).device
        model = evaluating(self)
        batches = list(zip(*(wish.to(device).split(1000) for wish in wishes), strict=True))
        with torch.inference_mode():
            images = [
                model(z, y).round().byte().cpu()
                for z, y in tqdm(batches, "Drawing", leave=False, disable=not show_progress)
            ]
        return torch.cat(images).numpy()

    def sample(
        self,
        labels: np.ndarray,
        seed: int = 0,
        truncation: float = 0.9,
        show_progress: bool = False,
    ) -> np.ndarray:
        """Draw the digits `labels`, int64 (N,): uint8 (N, 28, 28), the same for the same seed.

        `truncation` scales the latents: the smaller, the neater and the more alike are the digits,
        above 1 they grow wild. Raises LabError for labels that are no digits, a seed that is no
        whole number, a truncation that is negative or not finite.
        """
        check_counts(0, seed=seed)
        check_numbers(truncation=truncation)
        chance = torch.Generator().manual_seed(int(seed) % 2**63)
        latents = torch.randn(np.size(labels), self.latent_dim, generator=chance)
        return self.draw(float(truncation) * latents, labels, show_progress)

    def save(self, path: str | Path, **facts: object) -> Path:
        """Write the weights as safetensors, with facts of the training (JSON-able) beside them.

        Raises LabError for weights that hold NaN: a good file that stands there stays.
        """
        return save_network(path, self, LIMITS, facts)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a generator that `save` wrote, ready to draw.

        Raises LabError for a file that is missing, damaged, or of another model, before anything
        of it is used. The facts stored with it are then in `facts`.
        """
        return load_network(cls, path, LIMITS)


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


def check_wishes(
    latents: torch.Tensor, labels: np.ndarray | torch.Tensor, latent_dim: int, n_classes: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Latents float32 (N, latent_dim), labels int64 (N,) below n_classes; else LabError."""
    if isinstance(labels, torch.Tensor):
        labels = labels.cpu().numpy()
    labels = check_labels(np.asarray(labels), np.size(labels), n_classes)
    wanted = (len(labels), latent_dim)
    if not isinstance(latents, torch.Tensor) or latents.shape != wanted:
        found = tuple(getattr(latents, "shape", ()))
        raise LabError(f"latents must be a tensor of the shape {wanted}, not {found}.")
    if not latents.isfinite().all():
        raise LabError("latents must be finite, these hold NaN or infinity.")
    return latents.float(), torch.from_numpy(labels)


def initialise(module: nn.Module) -> None:
    """Draw a layer's weights as DCGAN does: deviation 0.02, around 0, or 1 for a normalisation."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, 0, 0.02)
        if isinstance(bias := getattr(module, "bias", None), torch.Tensor):
            nn.init.zeros_(bias)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1, 0.02)
