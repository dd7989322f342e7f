"""07: a generator with residual blocks, and one that attends to itself, from the same parts."""

import torch
from torch import nn

from .networks import Generator, initialise


class ResidualUpsample(nn.Module):
    """Doubles the places: what two convolutions add to the enlarged input (He et al., 2016)."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.enlarge = nn.Upsample(scale_factor=2)  # each place four times
        self.shortcut = nn.Conv2d(inputs, outputs, 1)
        self.change = nn.Sequential(
            nn.ReLU(),
            self.enlarge,
            nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
            nn.Conv2d(outputs, outputs, 3, padding=1),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.enlarge(self.shortcut(x)) + self.change(x)


class SelfAttention(nn.Module):
    """Lets each place look at all others: SAGAN (Zhang et al., 2019).

    How much of it is added to what was there, `share`, is learnt, from 0.
    """

    def __init__(self, channels: int):
        super().__init__()
        self.query, self.key = (nn.Conv2d(channels, channels // 4, 1) for _ in range(2))
        self.value = nn.Conv2d(channels, channels, 1)
        self.share = nn.Parameter(torch.zeros(()))

    def attention(self, x: torch.Tensor) -> torch.Tensor:
        """How much each place (row) looks at each other: (N, places, places), rows of sum 1."""
        query, key = self.query(x).flatten(2), self.key(x).flatten(2)  # (N, channels / 4, places)
        return (query.mT @ key / query.shape[1] ** 0.5).softmax(2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        seen = self.value(x).flatten(2) @ self.attention(x).mT  # (N, channels, places)
        return x + self.share * seen.view_as(x)


def residual_generator(**options: int) -> Generator:
    """A `Generator` of these arguments whose layers that enlarge are residual blocks."""
    generator = Generator(**options)
    w = generator.width
    blocks = ResidualUpsample(2 * w, w), ResidualUpsample(w, w)
    last = nn.BatchNorm2d(w), nn.ReLU(), nn.Conv2d(w, generator.channels, 3, padding=1), nn.Tanh()
    generator.upsample = nn.Sequential(generator.upsample[0], *blocks, *last)
    return generator.apply(initialise)


def attentive_generator(**options: int) -> Generator:
    """A `Generator` of these arguments in which 14 × 14 places look at each other."""
    generator = Generator(**options)
    attention = SelfAttention(generator.width).apply(initialise)
    generator.upsample.insert(9, attention)  # after the plain convolution
    return generator
