"""In which directions of its latent space a generator's drawings change most."""

import numpy as np
import torch

from ..gan import Generator

BASES, STEP = 4, 0.5  # latents around which the generator is asked, and how far from them


def principal_directions(model: Generator, digit: int) -> np.ndarray:
    """The two directions (2, latent_dim), of length 1, in which drawings of `digit` change most.

    The first eigenvectors of J^T J, J the derivative of the pixels for the latents, averaged over a
    few places (active subspaces: Constantine, 2015). Of the two signs of each, the one is taken
    whose largest entry is positive.
    """
    chance = torch.Generator().manual_seed(digit)
    bases = torch.randn(BASES, 1, model.latent_dim, generator=chance)
    steps = STEP * torch.cat([torch.zeros(1, model.latent_dim), torch.eye(model.latent_dim)])
    latents = (bases + steps).flatten(0, 1)
    images = model.draw(latents, np.full(len(latents), digit)).astype(float)
    drawn = images.reshape(BASES, len(steps), -1)
    slopes = drawn[:, 1:] - drawn[:, :1]  # (BASES, latent_dim, 784)
    vectors = np.linalg.eigh(np.einsum("bip,bjp->ij", slopes, slopes))[1][:, :-3:-1].T
    signs = np.sign([vector[np.abs(vector).argmax()] for vector in vectors])
    return np.round(vectors * signs[:, None], 4)
