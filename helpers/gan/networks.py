"""The two networks of the game: one draws images, the other tells drawn ones from real ones.

Images are (N, side, side) in grey or (N, side, side, 3) in colour, `side` 28 or 32, 0 to 255.
"""

import torch
from torch import nn
from torch.nn.functional import one_hot

from .sampling import Sampler


class Generator(Sampler):
    """Draws: latents (N, latent_dim) and the wanted classes (N,) in, images, 0 to 255, out.

    A linear layer makes 7 × 7 places of `2 * width` channels (for 28 pixels); two transposed
    convolutions double the places (DCGAN: Radford et al., 2016), and a plain one between them bends
    the strokes. With `classes=0` no class can be asked for: the classic DCGAN, `labels` unused.
    """

    def __init__(
        self,
        latent_dim: int = 64,
        width: int = 32,
        classes: int = 10,
        side: int = 28,
        channels: int = 1,
    ):
        super().__init__(latent_dim, width, classes, side, channels)
        w, s = width, side // 4
        self.project = nn.Linear(latent_dim + classes, 2 * w * s * s, bias=False)
        self.upsample = nn.Sequential(
            nn.Unflatten(1, (2 * w, s, s)),  # (N, 2w, 7, 7)
            nn.BatchNorm2d(2 * w),
            nn.ReLU(),
            nn.ConvTranspose2d(2 * w, w, 4, stride=2, padding=1, bias=False),  # (N, w, 14, 14)
            nn.BatchNorm2d(w),
            nn.ReLU(),
            nn.Conv2d(w, w, 3, padding=1, bias=False),  # (N, w, 14, 14)
            nn.BatchNorm2d(w),
            nn.ReLU(),
            nn.ConvTranspose2d(w, channels, 4, stride=2, padding=1),  # (N, 1, 28, 28)
            nn.Tanh(),
        )
        self.apply(initialise)

    def forward(self, latents: torch.Tensor, labels: torch.Tensor | None = None) -> torch.Tensor:
        if labels is not None and self.classes:
            latents = torch.cat([latents, one_hot(labels, self.classes)], 1)  # one-hot beside them
        ink = self.upsample(self.project(latents))  # (N, 1, 28, 28), -1 to 1
        return 127.5 * (without_channel(ink) + 1)  # (N, 28, 28), 0 to 255


class Discriminator(nn.Module):
    """Tells real images from drawn ones: images, 0 to 255, in, logits (N,) out.

    Two convolutions with stride 2 shrink 28 × 28 pixels to 7 × 7. The logit is high for what it
    takes for real. With classes it also asks whether the image fits its label: the features are
    compared with a vector learnt for that class (projection: Miyato and Koyama, 2018).
    """

    def __init__(self, width: int = 32, classes: int = 10, side: int = 28, channels: int = 1):
        super().__init__()
        self.classes = classes
        w, n_features = width, 2 * width * (side // 4) ** 2
        self.features = nn.Sequential(
            nn.Conv2d(channels, w, 4, stride=2, padding=1),  # (N, w, 14, 14)
            nn.LeakyReLU(0.2),
            nn.Conv2d(w, 2 * w, 4, stride=2, padding=1, bias=False),  # (N, 2w, 7, 7)
            nn.BatchNorm2d(2 * w),
            nn.LeakyReLU(0.2),
            nn.Flatten(),  # (N, 98w)
        )
        self.real = nn.Linear(n_features, 1)
        self.fits = nn.Embedding(classes, n_features) if classes else None
        self.apply(initialise)

    def forward(self, images: torch.Tensor, labels: torch.Tensor | None = None) -> torch.Tensor:
        return self.decide(self.look(images), labels)

    def look(self, images: torch.Tensor) -> torch.Tensor:
        """What it sees of the images: features (N, 98 * width), for 28 pixels."""
        return self.features(with_channel(images) / 127.5 - 1)  # from pixels -1 to 1

    def decide(self, features: torch.Tensor, labels: torch.Tensor | None = None) -> torch.Tensor:
        """Logits (N,): is this a real image, and does it fit its label?"""
        logits = self.real(features)[:, 0]
        if self.fits is not None:
            logits = logits + (self.fits(labels) * features).sum(1)
        return logits


def with_channel(images: torch.Tensor) -> torch.Tensor:
    """Images as convolutions want them: (N, channels, side, side)."""
    return images[:, None] if images.ndim == 3 else images.movedim(3, 1)


def without_channel(images: torch.Tensor) -> torch.Tensor:
    """The way back: (N, side, side), or in colour (N, side, side, 3)."""
    return images[:, 0] if images.shape[1] == 1 else images.movedim(1, 3)


def initialise(module: nn.Module) -> None:
    """Draw a layer's weights around 0 with standard deviation 0.02, as DCGAN does.

    The scales of a normalisation are drawn around 1.
    """
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, 0, 0.02)
        if isinstance(bias := getattr(module, "bias", None), torch.Tensor):
            nn.init.zeros_(bias)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1, 0.02)
