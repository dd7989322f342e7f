"""MNIST as NumPy arrays, from a folder, from the cache, or from the network."""

import gzip
import io
import os
import queue
import socket
import tempfile
import threading
import urllib.error
import urllib.request
import zipfile
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np

from . import ROOT
from .errors import LabError
from .files import write_atomically

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
        return _read_folder(Path(folder))
    if CACHE.exists():
        return _read_cache()
    mnist = _download()
    buffer = io.BytesIO()
    np.savez(buffer, **{name: getattr(mnist, name) for name in mnist._fields})
    write_atomically(CACHE, buffer.getvalue())
    return mnist


def _read_folder(folder: Path) -> Mnist:
    from ._torchvision import torchvision

    for name, md5 in torchvision.datasets.MNIST.resources:
        _check_gz(folder / name, md5)
    try:
        with _temporary_folder(None) as temporary:
            raw = Path(temporary, "MNIST", "raw")
            raw.mkdir(parents=True)
            for name, _ in torchvision.datasets.MNIST.resources:
                torchvision.datasets.utils.extract_archive(str(folder / name), str(raw))
            return _parse(temporary)
    except OSError as error:
        raise LabError(
            f"{tempfile.gettempdir()} has no room to unpack MNIST ({error.strerror})."
        ) from error


def _check_gz(path: Path, md5: str) -> None:
    from ._torchvision import torchvision

    if not path.is_file():
        raise LabError(
            f"{path} is missing: $MNIST_DIR must name a folder with the four original .gz files "
            "of MNIST (unset it to download them)."
        )
    try:
        if torchvision.datasets.utils.check_md5(path, md5):
            return
        with gzip.open(path) as file:
            while file.read(2**20):
                pass
        reason = "has another checksum than MNIST's original"
    except gzip.BadGzipFile:
        reason = "is not a gzip file, perhaps a web page saved under its name"
    except (EOFError, zlib.error):
        reason = "is truncated or damaged"
    except OSError as error:
        reason = f"cannot be read ({error.strerror})"
    raise LabError(f"{path} {reason}: download it again, or unset $MNIST_DIR.")


def _parse(root: str) -> Mnist:
    from ._torchvision import torchvision

    train, test = (torchvision.datasets.MNIST(root, train=train) for train in (True, False))
    return Mnist(
        train.data.numpy(), train.targets.numpy(), test.data.numpy(), test.targets.numpy(), "MNIST"
    )


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


def _download() -> Mnist:
    from ._torchvision import torchvision

    datasets = torchvision.datasets
    name = datasets.MNIST.resources[0][0]
    if not _any_answers([mirror + name for mirror in datasets.MNIST.mirrors]):
        raise LabError(
            "MNIST could not be downloaded, the network does not answer: go online and run again, "
            "or put the four .gz files into a folder and set $MNIST_DIR to it."
        )
    print("Downloading MNIST (11 MB), once:")
    timeout = socket.getdefaulttimeout()
    socket.setdefaulttimeout(8)  # torchvision sets none: a stalled download would hang for ever
    try:
        with _temporary_folder(CACHE.parent) as temporary:
            datasets.MNIST(temporary, download=True)
            return _parse(temporary)
    except (RuntimeError, urllib.error.URLError, OSError, EOFError) as error:
        reason = " ".join(str(error).split())  # torchvision's has a line for each mirror
        raise LabError(f"MNIST could not be downloaded ({reason}): run again.") from error
    finally:
        socket.setdefaulttimeout(timeout)


def _any_answers(addresses: list[str], seconds: float = 8) -> bool:
    """Whether a server answers at one of the addresses; name look-ups count towards the time."""
    answers: queue.SimpleQueue[bool] = queue.SimpleQueue()

    def ask(address: str) -> None:
        try:
            with urllib.request.urlopen(
                urllib.request.Request(address, method="HEAD"), timeout=seconds
            ):
                answers.put(True)
        except urllib.error.HTTPError:  # a server that refuses is a server that answers
            answers.put(True)
        except OSError:
            answers.put(False)

    for address in addresses:
        threading.Thread(target=ask, args=(address,), daemon=True).start()
    try:
        return any(answers.get(timeout=seconds) for _ in addresses)
    except queue.Empty:
        return False


def _temporary_folder(parent: Path | None) -> tempfile.TemporaryDirectory:
    try:
        if parent:
            parent.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryDirectory(dir=parent, prefix=".unpacking-")
    except OSError as error:
        where = parent or tempfile.gettempdir()
        raise LabError(f"{where} cannot be written: {error.strerror}.") from error
