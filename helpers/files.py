"""Files that are written whole or not at all."""

import contextlib
import os
from pathlib import Path

from . import LabError


def write_atomically(path: str | Path, data: bytes | str) -> Path:
    """Write `data` to `path` so that a reader, or a crash, never sees half of it; return the path.

    The folder is made if it is missing. Raises LabError when the disk is full or not writable;
    what stood at `path` before is then untouched and nothing half-written stays behind.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
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
