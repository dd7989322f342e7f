"""What a generator is to its users: it draws what it is asked for, and is kept in a file."""

from pathlib import Path
from typing import Self

import numpy as np
import torch
from torch import nn
from tqdm.auto import tqdm

from .. import LabError
from ..networks import evaluating, load_network, save_network
from ..recogniser import Shape, check_counts, check_labels, check_numbers, image_shape

LIMITS = {
    "latent_dim": range(1, 1025),
    "width": range(1, 129),
    "classes": range(1025),
    "side": range(28, 33, 4),
    "channels": range(1, 4, 2),
}


class Sampler(nn.Module):
    """A network whose `forward(latents, labels)` gives images, with its arguments and its facts."""

    def __init__(self, latent_dim: int, width: int, classes: int, side: int, channels: int):
        super().__init__()
        self.latent_dim, self.width, self.classes = latent_dim, width, classes
        self.side, self.channels = side, channels
        self.facts: dict = {}  # of its training, from the file it was loaded from

    @property
    def shape(self) -> Shape:
        """Of one image: (side, side), or (side, side, 3) in colour."""
        return image_shape(self.side, self.channels)

    def draw(
        self,
        latents: torch.Tensor,
        labels: np.ndarray | torch.Tensor,
        show_progress: bool = False,
    ) -> np.ndarray:
        """Images, uint8 (N, *shape), for latents (N, latent_dim) and the wanted classes (N,)."""
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
        truncation: float = 1.0,
        show_progress: bool = False,
    ) -> np.ndarray:
        """Draw the digits `labels`, int64 (N,): uint8 (N, *shape).

        The same seed draws the same. `truncation` scales the latents: a little below 1 the digits
        are neater and more alike; near 0 and far above 1, where few latents of the training lay,
        they break. Raises LabError for labels that are no digits, a seed that is no whole number,
        a truncation that is negative or not finite.
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
