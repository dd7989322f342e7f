"""Images with their labels, to train and to test on, and their cache on the disk."""

import io
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .. import LabError
from ..files import excerpt, read_file, write_atomically
from ..recogniser import Shape, check_digits
from .mnist_files import Arrays

VALIDATION_SIZE = 5_000
MAX_BYTES = {(28, 28): 64_000_000, (32, 32, 3): 200_000_000}  # of a cache: they take 55 and 185 MB
CLASS_NAMES = {
    "Fashion-MNIST": "T-shirt trousers pullover dress coat sandal shirt sneaker bag boot",
    "CIFAR-10": "aeroplane car bird cat deer dog frog horse ship lorry",
}


class ImageSet(NamedTuple):
    """Images, uint8 (N, 28, 28) or (N, 32, 32, 3), with their labels, int64 (N,), 0 to 9."""

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    source: str  # where the images come from, for the titles of figures

    def split(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Cut the last 5,000 training images off, to make choices on.

        Gives images and labels to train on, then images and labels to validate on.
        """
        cut = len(self.train_images) - VALIDATION_SIZE
        return (
            self.train_images[:cut],
            self.train_labels[:cut],
            self.train_images[cut:],
            self.train_labels[cut:],
        )

    @property
    def class_names(self) -> list[str]:
        """A word for each of the ten labels."""
        return CLASS_NAMES.get(self.source, "0 1 2 3 4 5 6 7 8 9").split()


def make_cache(cache: Path, make: Callable[[], Arrays], source: str) -> ImageSet:
    """What `make` gives, cached. LabError, before anybody waits for it, where it could not be."""
    try:
        cache.parent.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=cache.parent).close()
    except OSError as error:
        raise LabError(f"{cache.parent} cannot be written: {error.strerror}.") from error
    images = ImageSet(*make(), source)
    buffer = io.BytesIO()
    np.savez(buffer, **images._asdict())
    write_atomically(cache, buffer.getvalue())
    return images


def read_cache(cache: Path, source: str, shape: Shape = (28, 28)) -> ImageSet:
    """What `make_cache` wrote: images of that source and shape; LabError for anything else."""
    data = read_file(cache, MAX_BYTES[shape])
    try:
        return _unpack(data, source, shape)
    except Exception as error:  # what zipfile and NumPy raise for damage is of a dozen kinds
        raise LabError(
            f"{cache} is damaged ({excerpt(error)}): delete it and run again."
        ) from error


def _unpack(data: bytes, source: str, shape: Shape) -> ImageSet:
    """The images in the bytes of a cache; any Exception for what are none."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > MAX_BYTES[shape]:
            raise LabError(f"it unpacks to more than {MAX_BYTES[shape] / 1e6:.0f} MB")
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        *found, its_source = (arrays[name] for name in ImageSet._fields)
    if its_source.shape or str(its_source) != source:
        raise LabError(f"its source is not {source}")
    for images, labels in (found[:2], found[2:]):
        if images.shape != (*labels.shape, *shape):
            raise LabError(f"{labels.size} labels for images of shape {images.shape}")
    train = check_digits(found[0], found[1], shape=shape)
    test = check_digits(found[2], found[3], shape=shape)
    return ImageSet(*train, *test, source)
