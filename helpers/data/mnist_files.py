"""The four original files of MNIST, from a folder or from the network, checked by their MD5 sums.

torchvision knows the mirrors and the sums and parses the files. It is imported only when it is
needed: digits from the cache come without the seconds that its import takes.
"""

import gzip
import queue
import socket
import tempfile
import threading
import urllib.error
import urllib.request
import zlib
from pathlib import Path

import numpy as np

from .. import LabError

Arrays = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""Images uint8 (N, 28, 28) and labels int64 (N,) to train on, then the same to test on."""


class OfflineError(LabError):
    """No mirror of MNIST answers."""


def read_folder(folder: Path) -> Arrays:
    """Read the four files from a folder; LabError names the one that is missing or damaged."""
    from ..import_torchvision import torchvision

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


def download(parent: Path) -> Arrays:
    """Download the four files into a folder beside others in `parent`, and throw it away again.

    Raises OfflineError when no mirror answers within seconds, LabError for what is not MNIST.
    """
    from ..import_torchvision import torchvision

    datasets = torchvision.datasets
    name = datasets.MNIST.resources[0][0]
    if not _any_answers([mirror + name for mirror in datasets.MNIST.mirrors]):
        raise OfflineError(
            "MNIST could not be downloaded, the network does not answer: go online and run again, "
            "or put the four .gz files into a folder and set $MNIST_DIR to it."
        )
    print("Downloading MNIST (11 MB), once:")
    timeout = socket.getdefaulttimeout()
    socket.setdefaulttimeout(8)  # torchvision sets none: a stalled download would hang for ever
    try:
        with _temporary_folder(parent) as temporary:
            datasets.MNIST(temporary, download=True)
            return _parse(temporary)
    except (RuntimeError, urllib.error.URLError, OSError, EOFError) as error:
        reason = " ".join(str(error).split())  # torchvision's has a line for each mirror
        raise LabError(f"MNIST could not be downloaded ({reason}): run again.") from error
    finally:
        socket.setdefaulttimeout(timeout)


def _check_gz(path: Path, md5: str) -> None:
    from ..import_torchvision import torchvision

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


def _parse(root: str) -> Arrays:
    from ..import_torchvision import torchvision

    train, test = (torchvision.datasets.MNIST(root, train=train) for train in (True, False))
    return train.data.numpy(), train.targets.numpy(), test.data.numpy(), test.targets.numpy()


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
