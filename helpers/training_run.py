"""Checkpoints: all that an interrupted training run needs to go on as if nothing had happened."""

import io
import pickle
from pathlib import Path
from typing import Any

import torch

from . import LabError
from .files import write_atomically


def save_checkpoint(path: str | Path, settings: dict, **state: object) -> None:
    """Write the state of a run (tensors, numbers, lists, dicts), whole or not at all.

    `settings` says which run it is: plain values only.
    """
    buffer = io.BytesIO()
    torch.save({"settings": settings, **state}, buffer)
    write_atomically(path, buffer.getvalue())


def load_checkpoint(path: str | Path | None, settings: dict) -> dict | None:
    """The state that `save_checkpoint` wrote for a run of the same settings, else None.

    A checkpoint of other settings is left out, with a printed word. Raises LabError for a file
    that is damaged; nothing in it is executed.
    """
    if path is None or not Path(path).exists():
        return None
    try:
        state = torch.load(path, weights_only=True, map_location="cpu")
        found = state.pop("settings")
    except (OSError, RuntimeError, EOFError, KeyError, AttributeError, pickle.PickleError) as error:
        raise LabError(f"{path} is damaged: delete it to start afresh.") from error
    if found != settings:
        print(f"{Path(path).name} belongs to a run with other settings: starting afresh.")
        return None
    return state


def open_log(log_dir: str | Path | None) -> Any:
    """A TensorBoard writer for the folder, or None for None."""
    if not log_dir:
        return None
    from torch.utils.tensorboard import SummaryWriter  # with what TensorBoard loads, when it is due

    return SummaryWriter(log_dir)
