"""A small vision transformer: it looks at patches of the image, each asking all the others."""

import math

import torch
from torch import nn

from .network import Classifier, normalise


class Attention(nn.Module):
    """Each token asks all tokens, and takes the mean of their values, weighted by how well they
    answer: Vaswani et al. (2017), with several heads. Tokens (N, T, width) in and out."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.ask, self.mix = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        n, tokens, width = x.shape
        parts = self.ask(x).view(n, tokens, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)  # (N, heads, T, width / heads) each
        weights = (query @ key.mT / math.sqrt(width // self.heads)).softmax(-1)
        return self.mix((weights @ value).transpose(1, 2).reshape(n, tokens, width))


class TransformerBlock(nn.Module):
    """Attention, then two dense layers for each token, each added to what was there."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.look = nn.Sequential(nn.LayerNorm(width), Attention(width, heads))
        dense = (nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))
        self.think = nn.Sequential(nn.LayerNorm(width), *dense)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.look(x)
        return x + self.think(x)


class VisionTransformer(Classifier):
    """Patches of the image as words of a sentence: Dosovitskiy et al. (2021).

    "An image is worth 16 × 16 words". Simplified: the mean of all tokens is classified, not a token
    of its own (Beyer, Zhai and Kolesnikov, 2022). It wants AdamW: `fit(…, optimizer="adamw")`.
    """

    def __init__(self, patch: int = 7, width: int = 64, depth: int = 4, heads: int = 4):
        super().__init__()
        self.cut = nn.Conv2d(1, width, patch, stride=patch)
        self.position = nn.Parameter(0.02 * torch.randn((28 // patch) ** 2, width))
        self.blocks = nn.Sequential(*(TransformerBlock(width, heads) for _ in range(depth)))
        self.classifier = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 10))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        tokens = self.cut(normalise(images)).flatten(2).mT + self.position  # (N, T, width)
        return self.classifier(self.blocks(tokens).mean(1))  # (N, 10)
