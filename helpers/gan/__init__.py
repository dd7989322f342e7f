"""04: the two networks of the game, their game, and how good their digits are."""

from .games import Game, dcgan_game, pass_for_real, r1, squared_slopes, tell_apart
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
from .training import fit_gan

__all__ = [
    "Discriminator",
    "Game",
    "Generator",
    "dcgan_game",
    "extrapolated_distance",
    "fit_gan",
    "frechet_at",
    "frechet_distance",
    "initialise",
    "kernel_distance",
    "move_discriminator",
    "move_generator",
    "nearest_distances",
    "pass_for_real",
    "precision_recall",
    "r1",
    "sample_sheet",
    "save_film",
    "save_sheet",
    "squared_slopes",
    "tell_apart",
    "train_step",
]
