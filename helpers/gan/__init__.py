"""04: the two networks of the game, their game, and how good their digits are."""

from .losses import train_step
from .networks import Discriminator, Generator, initialise
from .scores import frechet_distance, precision_recall
from .sheets import sample_sheet, save_film, save_sheet
from .training import fit_gan

__all__ = [
    "Discriminator",
    "Generator",
    "fit_gan",
    "frechet_distance",
    "initialise",
    "precision_recall",
    "sample_sheet",
    "save_film",
    "save_sheet",
    "train_step",
]
