"""04, 07: the two networks of the game, their games, and how good their images are."""

from .games import Game, dcgan_game, pass_for_real, r1, squared_slopes, tell_apart
from .more_games import (
    GAMES,
    clip_weights,
    gradient_penalty,
    higher_than_drawn,
    higher_than_real,
    hinge,
    land_on_one,
    least_squares,
    r1_and_r2,
    score_high,
    wasserstein,
)
from .more_networks import (
    ResidualUpsample,
    SelfAttention,
    attentive_generator,
    residual_generator,
)
from .networks import Discriminator, Generator, initialise
from .scores import (
    extrapolated_distance,
    frechet_at,
    frechet_distance,
    kernel_distance,
    nearest_distances,
    precision_recall,
)
from .sheets import sample_sheet, save_film, save_sheet
from .step import move_discriminator, move_generator, train_step
from .timed import judged_by, play_for
from .training import fit_gan

__all__ = [
    "GAMES",
    "Discriminator",
    "Game",
    "Generator",
    "ResidualUpsample",
    "SelfAttention",
    "attentive_generator",
    "clip_weights",
    "dcgan_game",
    "extrapolated_distance",
    "fit_gan",
    "frechet_at",
    "frechet_distance",
    "gradient_penalty",
    "higher_than_drawn",
    "higher_than_real",
    "hinge",
    "initialise",
    "judged_by",
    "kernel_distance",
    "land_on_one",
    "least_squares",
    "move_discriminator",
    "move_generator",
    "nearest_distances",
    "pass_for_real",
    "play_for",
    "precision_recall",
    "r1",
    "r1_and_r2",
    "residual_generator",
    "sample_sheet",
    "save_film",
    "save_sheet",
    "score_high",
    "squared_slopes",
    "tell_apart",
    "train_step",
    "wasserstein",
]
