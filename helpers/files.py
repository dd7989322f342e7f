"""Files that are read whole or refused, and written whole or not at all."""

import contextlib
import os
import shutil
import stat
import time
from pathlib import Path

from . import LabError

A_DAY = 24 * 60 * 60  # seconds


def read_file(path: str | Path, max_bytes: int) -> bytes:
    """What a regular file of at most `max_bytes` holds.

    Raises LabError, in one sentence, where there is none, or something else: a folder, a pipe, a
    device, a file that is larger or grows while it is read.
    """
    path = Path(path)
    wait_not = getattr(os, "O_NONBLOCK", 0)  # a pipe that nobody writes to would block
    try:
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | wait_not)) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise LabError(f"{path} is not a file.")
            data = file.read(max_bytes + 1)
    except OSError as error:
        raise LabError(f"{path} could not be read: {error.strerror or error}.") from error
    if len(data) > max_bytes:
        raise LabError(
            f"{path} is larger than {max_bytes / 1e6:.0f} MB: it is not what it should be."
        )
    return data


def write_atomically(path: str | Path, data: bytes | str) -> Path:
    """Write `data` to `path` so that a reader, or a crash, never sees half of it; return the path.

    The folder is made if it is missing, and what writers that were killed there left more than a
    day ago is swept away. Raises LabError when the disk is full or not writable; what stood at
    `path` before is then untouched and nothing half-written stays behind.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{time.monotonic_ns()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        sweep(path.parent)
        with open(temporary, "wb") as file:
            file.write(data.encode() if isinstance(data, str) else data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        raise LabError(f"{path} could not be written: {error.strerror or error}.") from error
    finally:
        with contextlib.suppress(OSError):  # a folder that is read-only holds nothing of ours
            temporary.unlink(missing_ok=True)
    return path


def sweep(folder: Path, pattern: str = ".*.tmp") -> None:
    """Delete what matches in `folder`, files or folders that writers left more than a day ago."""
    for leftover in folder.glob(pattern):
        with contextlib.suppress(OSError):
            if time.time() - leftover.stat().st_mtime > A_DAY:
                shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()


def excerpt(value: object, length: int = 60) -> str:
    """The start of what a file held, or of an error about it, on one line: for a message."""
    try:
        text = str(value)
    except (RecursionError, ValueError):  # a list of lists of lists …, a number of 5,000 digits
        text = type(value).__name__
    text = " ".join("".join(c if c.isprintable() else " " for c in text[: 2 * length]).split())
    return text if len(text) <= length else text[: length - 1] + "…"
