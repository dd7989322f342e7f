"""MNIST as NumPy arrays, from a folder, from the cache, or from the network."""

import io
import os
import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from . import ROOT
from .errors import LabError
from .files import write_atomically
from .mnist_files import download, read_folder

CACHE = ROOT / "data" / "mnist.npz"
VALIDATION_SIZE = 5_000


class Mnist(NamedTuple):
    """The handwritten digits of Y. LeCun, C. Cortes and C. J. C. Burges.

    Images are uint8 (N, 28, 28), ink 255 on paper 0; labels are int64 (N,), 0 to 9.
    """

    train_images: np.ndarray  # (60000, 28, 28)
    train_labels: np.ndarray  # (60000,)
    test_images: np.ndarray  # (10000, 28, 28)
    test_labels: np.ndarray  # (10000,)
    source: str  # where the digits come from, for the titles of figures

    def split(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Cut the last 5,000 training digits off, to make choices on.

        Gives images and labels to train on, then images and labels to validate on.
        """
        cut = len(self.train_images) - VALIDATION_SIZE
        return (
            self.train_images[:cut],
            self.train_labels[:cut],
            self.train_images[cut:],
            self.train_labels[cut:],
        )


def load_mnist() -> Mnist:
    """Load MNIST from the folder $MNIST_DIR, else from the cache `data/`, else from the network.

    $MNIST_DIR holds the four original `.gz` files. A download is checked against its MD5 sums and
    cached. Raises LabError, with what to do, when files are missing or damaged, when the network
    does not answer within 20 seconds, or when the cache cannot be written.
    """
    if folder := os.environ.get("MNIST_DIR"):
        return Mnist(*read_folder(Path(folder)), "MNIST")
    if CACHE.exists():
        return _read_cache()
    mnist = Mnist(*download(CACHE.parent), "MNIST")
    buffer = io.BytesIO()
    np.savez(buffer, **{name: getattr(mnist, name) for name in mnist._fields})
    write_atomically(CACHE, buffer.getvalue())
    return mnist


def _read_cache() -> Mnist:
    try:
        with np.load(CACHE) as arrays:
            mnist = Mnist(**{name: arrays[name] for name in Mnist._fields})
            mnist = mnist._replace(source=str(mnist.source))
        for images, labels in (mnist[:2], mnist[2:4]):
            if images.shape != (len(labels), 28, 28) or images.dtype != np.uint8:
                raise ValueError(f"{len(labels)} labels for images of shape {images.shape}")
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise LabError(f"{CACHE} is damaged ({error}): delete it and run again.") from error
    return mnist
