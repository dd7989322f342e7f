"""The four original files of MNIST, from a folder or the network, checked by their MD5 sums."""

import gzip
import hashlib
import http.client
import io
import os
import queue
import threading
import urllib.error
import urllib.request
import zlib
from pathlib import Path

import numpy as np
from tqdm.auto import tqdm

from .. import LabError
from ..files import excerpt, read_file

# Mirrors and sums are those of torchvision.datasets.MNIST.
MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "http://yann.lecun.com/exdb/mnist/",
)
FILES = {
    "train-images-idx3-ubyte.gz": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
    "train-labels-idx1-ubyte.gz": "d53e105ee54ea40749a09fcbcd1e9432",
    "t10k-images-idx3-ubyte.gz": "9fb629c4189551a2d022fa330f9573f3",
    "t10k-labels-idx1-ubyte.gz": "ec29112dd5afa0611ce80d1b7f02629c",
}
MAX_BYTES, MAX_UNPACKED = 16_000_000, 64_000_000
SIZE = 11_594_722  # of the four together
PATIENCE = 8  # seconds without an answer

Arrays = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""Images uint8 (N, 28, 28) and labels int64 (N,) to train on, then the same to test on."""


def read_folder(folder: Path) -> Arrays:
    """Read the four files from a folder; LabError names the one that is missing or damaged."""
    return _decompress([_read_gz(folder / name, md5) for name, md5 in FILES.items()])


def is_online() -> bool:
    """Whether a mirror of MNIST answers within seconds."""
    return any_answers([mirror + next(iter(FILES)) for mirror in MIRRORS])


def download() -> Arrays:
    """Fetch the four files, each from the first mirror that has it; LabError if none has."""
    print("Downloading MNIST (11 MB), once:")
    with tqdm(total=SIZE, unit="B", unit_scale=True, leave=False) as bar:
        return _decompress([_fetch(name, md5, bar) for name, md5 in FILES.items()])


def _read_gz(path: Path, md5: str) -> bytes:
    if not os.path.isfile(path):
        raise LabError(
            f"{path} is missing: $MNIST_DIR must name a folder with the four original .gz files "
            "of MNIST (unset it to download them)."
        )
    data = read_file(path, MAX_BYTES)
    if md5_sum(data) != md5:
        raise LabError(f"{path} {_damage(data)}: download it again, or unset $MNIST_DIR.")
    return data


def _damage(data: bytes) -> str:
    try:
        gzip.GzipFile(fileobj=io.BytesIO(data)).read(MAX_UNPACKED)
    except gzip.BadGzipFile:
        return "is not a gzip file, perhaps a web page saved under its name"
    except (EOFError, zlib.error):
        return "is truncated or damaged"
    return "has another checksum than MNIST's original"


def _fetch(name: str, md5: str, bar: tqdm) -> bytes:
    for mirror in MIRRORS:
        try:
            with urllib.request.urlopen(mirror + name, timeout=PATIENCE) as answer:
                data = bytearray()
                while len(data) < MAX_BYTES and (piece := answer.read(2**16)):
                    data += piece
                    bar.update(len(piece))
        except (OSError, http.client.HTTPException) as error:
            reason = excerpt(error)
            continue
        if md5_sum(data) == md5:
            return bytes(data)
        reason = f"{mirror}{name} is not MNIST's original"
    raise LabError(f"MNIST could not be downloaded ({reason}): run again.")


def md5_sum(data: bytes | bytearray) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def _decompress(packed: list[bytes]) -> Arrays:
    return parse([gzip.decompress(data) for data in packed])


def parse(contents: list[bytes]) -> Arrays:
    """The arrays of the four files, whose sums are right: a header, then a byte for each number."""
    train_images, train_labels, test_images, test_labels = contents
    return (
        np.frombuffer(train_images, np.uint8, offset=16).reshape(-1, 28, 28).copy(),
        np.frombuffer(train_labels, np.uint8, offset=8).astype(np.int64),
        np.frombuffer(test_images, np.uint8, offset=16).reshape(-1, 28, 28).copy(),
        np.frombuffer(test_labels, np.uint8, offset=8).astype(np.int64),
    )


def any_answers(addresses: list[str], seconds: float = PATIENCE) -> bool:
    """Whether a server answers at one of the addresses; name look-ups count towards the time."""
    answers: queue.SimpleQueue[bool] = queue.SimpleQueue()

    def ask(address: str) -> None:
        request = urllib.request.Request(address, method="HEAD")
        try:
            with urllib.request.urlopen(request, timeout=seconds):
                answers.put(True)
        except urllib.error.HTTPError:  # a server that refuses is a server that answers
            answers.put(True)
        except (OSError, http.client.HTTPException):
            answers.put(False)

    for address in addresses:
        threading.Thread(target=ask, args=(address,), daemon=True).start()
    try:
        return any(answers.get(timeout=seconds) for _ in addresses)
    except queue.Empty:
        return False
