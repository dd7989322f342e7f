"""Digits for a machine without MNIST and without a network, drawn by our own generator."""

import hashlib

import numpy as np

from .. import ROOT
from ..files import read_file
from ..recogniser import check_counts
from .mnist_files import Arrays

WEIGHTS = ROOT / "models" / "dcgan.safetensors"
MAX_BYTES = 128_000_000


def generate_digits(n_train: int = 60_000, n_test: int = 10_000) -> Arrays:
    """Images uint8 (N, 28, 28) and labels int64 (N,) to train on, then the same to test on.

    The same digits on every call; as many of each, in random order. All 70,000 take a quarter of a
    minute: a bar shows how far it is. Raises LabError for other numbers than whole ones above 0.
    """
    from ..gan.networks import Generator  # torch only when it is needed

    check_counts(n_train=n_train, n_test=n_test)
    labels = np.random.default_rng(0).permutation(n_train + n_test) % 10
    images = Generator.load(WEIGHTS).sample(labels, seed=0, show_progress=True)
    return images[:n_train], labels[:n_train], images[n_train:], labels[n_train:]


def checksum() -> str:
    """Tells digits of one generator from those of another: its weights' SHA-256."""
    return hashlib.sha256(read_file(WEIGHTS, MAX_BYTES)).hexdigest()
