"""07: what else the two can play for. Losses are as in `games`: of logits (N,), the mean."""

from functools import partial
from typing import Any

import torch
from torch import nn
from torch.nn.functional import relu, softplus

from .games import Game, Judge, dcgan_game, r1, squared_slopes
from .networks import Discriminator, Generator
from .step import train_step


def wasserstein(real: torch.Tensor, drawn: torch.Tensor) -> torch.Tensor:
    """How much higher a critic scores drawn images than real ones (Arjovsky et al., 2017)."""
    return drawn.mean() - real.mean()


def score_high(real: torch.Tensor, drawn: torch.Tensor) -> torch.Tensor:
    """The generator's, against a critic: its score, as high as it gets."""
    return -drawn.mean()


def hinge(real: torch.Tensor, drawn: torch.Tensor) -> torch.Tensor:
    """Above 1 for real images and below -1 for drawn ones is enough (Lim and Ye, 2017)."""
    return relu(1 - real).mean() + relu(1 + drawn).mean()


def least_squares(real: torch.Tensor, drawn: torch.Tensor) -> torch.Tensor:
    """1 for real images and 0 for drawn ones (Mao et al., 2017)."""
    return ((real - 1).square().mean() + drawn.square().mean()) / 2


def land_on_one(real: torch.Tensor, drawn: torch.Tensor) -> torch.Tensor:
    """The generator's, with least squares."""
    return (drawn - 1).square().mean() / 2


def higher_than_drawn(real: torch.Tensor, drawn: torch.Tensor) -> torch.Tensor:
    """A real image beside a drawn one: which scores higher? (Jolicoeur-Martineau, 2019)"""
    return softplus(drawn - real).mean()


def higher_than_real(real: torch.Tensor, drawn: torch.Tensor) -> torch.Tensor:
    """The generator's, in the relativistic game."""
    return softplus(real - drawn).mean()


def r1_and_r2(
    judge: Judge, real: torch.Tensor, drawn: torch.Tensor, weight: float = 0.1
) -> torch.Tensor:
    """`r1` at real images and the same at drawn ones, as R3GAN wants it (Huang et al., 2024)."""
    return r1(judge, real, drawn, weight) + r1(judge, drawn, real, weight)


def gradient_penalty(
    judge: Judge, real: torch.Tensor, drawn: torch.Tensor, weight: float = 10
) -> torch.Tensor:
    """Slopes of 1, somewhere between a real and a drawn image (Gulrajani et al., 2017)."""
    share = torch.rand(len(real), *[1] * (real.ndim - 1), device=real.device)
    slopes = (squared_slopes(judge, real.lerp(drawn, share)) + 1e-12).sqrt()
    return weight * (slopes - 1).square().mean()


def clip_weights(critic: nn.Module, limit: float) -> None:
    """Keep the weights of layers, though not of normalisations, within ± `limit`."""
    with torch.no_grad():
        for weights in critic.parameters():
            if weights.ndim > 1:
                weights.clamp_(-limit, limit)


def clipped_step(
    generator: Generator, critic: Discriminator, *others: Any, limit: float = 0.03, **options: Any
) -> dict[str, torch.Tensor]:
    """`train_step`, after which the critic's weights are clipped."""
    record = train_step(generator, critic, *others, **options)
    clip_weights(critic, limit)
    return record


GAMES = {
    "cross-entropy, R1": partial(train_step, game=dcgan_game(mismatch=0)),
    "cross-entropy, noise": partial(train_step, game=dcgan_game(penalty=0, mismatch=0), noise=0.1),
    "least squares, R1": partial(train_step, game=Game(least_squares, land_on_one, r1)),
    "hinge, R1": partial(train_step, game=Game(hinge, score_high, r1)),
    "relativistic, R1 + R2": partial(
        train_step, game=Game(higher_than_drawn, higher_than_real, r1_and_r2)
    ),
    "Wasserstein, clipping": partial(clipped_step, game=Game(wasserstein, score_high)),
    "Wasserstein, penalty": partial(
        train_step, game=Game(wasserstein, score_high, gradient_penalty)
    ),
}
"""The games of notebook 07, each as a step for `play_for` or `fit_gan`."""
