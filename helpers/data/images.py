"""Other small pictures than digits, in the same form: Fashion-MNIST and CIFAR-10."""

import contextlib
import http.client
import os
import socket
import tarfile
import tempfile
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .. import ROOT, LabError
from ..files import excerpt, read_file
from ..recogniser import Shape
from .image_set import ImageSet, make_cache, read_cache
from .mnist import load_mnist
from .mnist_files import PATIENCE, Arrays, any_answers, md5_sum, parse

DATA = ROOT / "data"
MAX_BYTES = 64_000_000  # of a file of Fashion-MNIST, packed and unpacked
FASHION = {  # MD5 sums of what is in the files, however it is packed
    "train-images-idx3-ubyte.gz": "f4a8712d7a061bf5bd6d2ca38dc4d50a",
    "train-labels-idx1-ubyte.gz": "9018921c3c673c538a1fc5bad174d6f9",
    "t10k-images-idx3-ubyte.gz": "8181f5470baa50b63fa0f6fddb340f0a",
    "t10k-labels-idx1-ubyte.gz": "15d484375f8d13e6eb1aabb0c3f46965",
}


class _Source(NamedTuple):
    title: str
    shape: Shape
    megabytes: int  # to download
    variable: str  # of the environment: it names the folder that holds …
    files: str
    dataset: str  # of torchvision


SOURCES = {
    "fashion": _Source(
        "Fashion-MNIST", (28, 28), 31, "FASHION_MNIST_DIR", "its four .gz files", "FashionMNIST"
    ),
    "cifar10": _Source(
        "CIFAR-10", (32, 32, 3), 170, "CIFAR10_DIR", "its cifar-10-batches-py", "CIFAR10"
    ),
}


def load_images(name: str) -> ImageSet:
    """Load "mnist", "fashion" (Xiao et al., 2017) or "cifar10" (Krizhevsky, 2009).

    Fashion-MNIST has 70,000 pictures of clothes, uint8 (N, 28, 28), CIFAR-10 60,000 photographs,
    uint8 (N, 32, 32, 3); ten classes each, as int64 labels (N,). They come from the folder
    $FASHION_MNIST_DIR or $CIFAR10_DIR, else from the cache `data/`, else from the network, by
    torchvision, which checks their MD5 sums. Raises LabError, with what to do, for another name,
    where files are missing or damaged, and, within seconds, without a network: only MNIST has
    digits of our own to fall back on (`load_mnist`).
    """
    if name == "mnist":
        return load_mnist()
    if name not in SOURCES:
        raise LabError(f'name must be "mnist", "fashion" or "cifar10", not {name!r:.40}.')
    source = SOURCES[name]
    if folder := os.environ.get(source.variable):
        read = _read_fashion if name == "fashion" else _read_cifar10
        return ImageSet(*read(Path(folder)), source.title)
    cache = DATA / f"{name}.npz"
    if cache.exists():
        return read_cache(cache, source.title, source.shape)
    return make_cache(cache, lambda: _download(source), source.title)


def _read_fashion(folder: Path) -> Arrays:
    contents = []
    for name, md5 in FASHION.items():
        path = folder / name
        if not path.is_file():
            raise LabError(
                f"{path} is missing: $FASHION_MNIST_DIR must name a folder with the four .gz files "
                "of Fashion-MNIST (unset it to download them)."
            )
        packed, content = read_file(path, MAX_BYTES), b""
        with contextlib.suppress(zlib.error):
            content = zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(packed, MAX_BYTES)
        if md5_sum(content) != md5:
            raise LabError(
                f"{path} does not hold what Fashion-MNIST's original does: download it again, or "
                "unset $FASHION_MNIST_DIR."
            )
        contents.append(content)
    return parse(contents)


def _read_cifar10(folder: Path) -> Arrays:
    try:
        return _arrays("CIFAR10", folder)
    except (RuntimeError, OSError) as error:
        raise LabError(
            f"{folder} has no cifar-10-batches-py with the original files of CIFAR-10: mend it, or "
            "unset $CIFAR10_DIR to download them."
        ) from error


def _download(source: _Source) -> Arrays:
    """Fetch the files into a folder that is gone afterwards; LabError where that fails."""
    dataset = _torchvision_dataset(source.dataset)
    addresses = [dataset.url] if hasattr(dataset, "url") else dataset.mirrors
    if not any_answers(addresses):
        raise LabError(
            f"{source.title} could not be downloaded, for there is no network: run again when you "
            f"are online, or set ${source.variable} to a folder that holds {source.files}."
        )
    print(f"Downloading {source.title} ({source.megabytes} MB), once:")
    try:
        with (
            tempfile.TemporaryDirectory(prefix=".", suffix=".tmp", dir=DATA) as folder,
            _patience(),
        ):
            return _arrays(source.dataset, Path(folder), download=True)
    except (RuntimeError, OSError, EOFError, http.client.HTTPException, tarfile.TarError) as error:
        reason = excerpt(error)
        raise LabError(f"{source.title} could not be downloaded ({reason}): run again.") from error


def _arrays(name: str, folder: Path, download: bool = False) -> Arrays:
    """What torchvision's dataset of that name finds in a folder, its sums checked."""
    dataset = _torchvision_dataset(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy's, of how its first version wrote arrays
        train, test = (dataset(folder, train=part, download=download) for part in (True, False))
    return (
        np.ascontiguousarray(train.data),
        np.asarray(train.targets, np.int64),
        np.ascontiguousarray(test.data),
        np.asarray(test.targets, np.int64),
    )


def _torchvision_dataset(name: str) -> Any:
    from ..import_torchvision import torchvision  # with the seconds that torch takes

    return getattr(torchvision.datasets, name)


@contextlib.contextmanager
def _patience() -> Iterator[None]:
    """Let a server that does not go on be given up: torchvision would wait for ever."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(PATIENCE)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
