"""What the two players play for: a loss for each of them, and what the discriminator pays besides.

A loss gets the logits of real and of drawn images, (N,) each, and gives the mean over them.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch
from torch.nn.functional import binary_cross_entropy_with_logits

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
Judge = Callable[[torch.Tensor], torch.Tensor]
Penalty = Callable[[Judge, torch.Tensor, torch.Tensor], torch.Tensor]


class Game(NamedTuple):
    """Two losses and, if there is one, a penalty: `train_step` plays it.

    `penalty(judge, real, drawn)` gets the images of a batch, and with `judge(images)` their logits
    by the discriminator as it trains: where that normalises over the batch, a logit depends on the
    other images, too. It is due in one step of `every`, by chance, and then counts `every` times.
    `mismatch` is the weight of `see_through` at the logits of real images with a wrong label each:
    without it, that a pair does not fit is learnt from drawn images alone (Reed et al., 2016).
    """

    discriminator_loss: Loss
    generator_loss: Loss
    penalty: Penalty | None = None
    every: int = 8
    mismatch: float = 0.0


def tell_apart(real: torch.Tensor, drawn: torch.Tensor, real_target: float = 0.9) -> torch.Tensor:
    """The discriminator's cross-entropy: `real_target` for real images, 0 for drawn ones."""
    on_real = binary_cross_entropy_with_logits(real, torch.full_like(real, real_target))
    return on_real + see_through(drawn)


def pass_for_real(real: torch.Tensor, drawn: torch.Tensor) -> torch.Tensor:
    """The generator's, non-saturating: -log D(G(z)) (Goodfellow et al., 2014)."""
    return binary_cross_entropy_with_logits(drawn, torch.ones_like(drawn))


def see_through(logits: torch.Tensor) -> torch.Tensor:
    """The cross-entropy of logits (N,) that ought to say "drawn": -log(1 - D)."""
    return binary_cross_entropy_with_logits(logits, torch.zeros_like(logits))


def squared_slopes(judge: Judge, images: torch.Tensor) -> torch.Tensor:
    """The squared length of the gradient of the logits' sum by each image, pixels -1 to 1: (N,).

    Without batch normalisation that is how steep each image's own logit is. With it a logit moves
    when other images do, and what cancels out over the batch is not counted.
    """
    images = images.detach().requires_grad_()
    gradients = torch.autograd.grad(judge(images).sum(), images, create_graph=True)[0]
    return (127.5 * gradients).square().flatten(1).sum(1)


def r1(judge: Judge, real: torch.Tensor, drawn: torch.Tensor, weight: float = 0.1) -> torch.Tensor:
    """Half of `weight` times the mean squared slope at real images (Mescheder et al., 2018)."""
    return weight / 2 * squared_slopes(judge, real).mean()


def dcgan_game(real_target: float = 0.9, penalty: float = 0.1, mismatch: float = 0.2) -> Game:
    """The game of notebook 04: cross-entropy with smoothed targets, R1 with weight `penalty`, and
    wrong labels with weight `mismatch`.
    """
    pays = partial(r1, weight=penalty) if penalty else None
    smoothed = partial(tell_apart, real_target=real_target)
    return Game(smoothed, pass_for_real, pays, mismatch=mismatch)
