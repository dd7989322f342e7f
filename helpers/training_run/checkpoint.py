"""Checkpoints: all that an interrupted training run needs to go on as if nothing had happened.

A file is a line of JSON, {"format", "run", "sha256"}, and then what `torch.save` wrote: nothing of
it is used before its checksum has been compared, and nothing in it is ever executed.
"""

import dis
import functools
import hashlib
import io
import json
import pickle
import types
from pathlib import Path

import numpy as np
import torch

from .. import LabError
from ..files import read_file, write_atomically

FORMAT = "digit-lab-checkpoint"
MAX_BYTES = 2_000_000_000
PLAIN = (type(None), bool, int, float, str, bytes, np.generic)


def fingerprint(*settings: object) -> str:
    """Tells one run from another: a SHA-256 of the settings' values, the same in every process.

    Arrays and tensors count by their content, functions by their code, their defaults and the plain
    values that they read from around them, other objects that can be called by their attributes.
    """
    return hashlib.sha256(repr(_by_value(settings)).encode()).hexdigest()


def name_for(path: str | Path, run: str) -> Path:
    """Where the run with this fingerprint keeps its checkpoint: checkpoint-1a2b3c4d.pt."""
    path = Path(path)
    return path.with_name(f"{path.stem}-{run[:8]}{path.suffix}")


def save_checkpoint(path: str | Path, run: str, state: dict) -> None:
    """Write the state of a run (tensors, numbers, lists, dicts), whole or not at all.

    Raises LabError when the disk is full or not writable.
    """
    buffer = io.BytesIO()
    torch.save(state, buffer)
    data = buffer.getvalue()
    head = {"format": FORMAT, "run": run, "sha256": _checksum(run, data)}
    write_atomically(path, json.dumps(head).encode() + b"\n" + data)


def load_checkpoint(path: str | Path, run: str) -> dict | None:
    """The state that `save_checkpoint` wrote for this run; None where there is no such file.

    Raises LabError for a file that is damaged, or of another run.
    """
    if not Path(path).exists():
        return None
    head, _, data = read_file(path, MAX_BYTES).partition(b"\n")
    if head != json.dumps({"format": FORMAT, "run": run, "sha256": _checksum(run, data)}).encode():
        raise LabError(f"{path} is damaged: delete it to start afresh.")
    try:
        state = torch.load(io.BytesIO(data), weights_only=True, map_location="cpu")
    except (RuntimeError, EOFError, ValueError, AttributeError, pickle.PickleError) as error:
        raise LabError(f"{path} is damaged: delete it to start afresh.") from error
    return state if isinstance(state, dict) else {}


def _checksum(run: str, data: bytes) -> str:
    checksum = hashlib.sha256(run.encode())
    checksum.update(data)
    return checksum.hexdigest()


def _by_value(thing: object) -> object:
    """What decides how a setting behaves, as something whose `repr` holds no memory address."""
    if isinstance(thing, torch.Tensor):
        thing = thing.detach().cpu().numpy()
    if isinstance(thing, np.ndarray):
        content = hashlib.sha256(np.ascontiguousarray(thing).data).hexdigest()
        return "array", thing.dtype.str, thing.shape, content
    if isinstance(thing, PLAIN):
        return repr(thing)
    if isinstance(thing, dict):
        return "dict", [(_by_value(key), _by_value(value)) for key, value in thing.items()]
    if isinstance(thing, list | tuple):
        return type(thing).__name__, [_by_value(part) for part in thing]
    if isinstance(thing, set | frozenset):  # their order differs from process to process
        return "set", sorted(repr(_by_value(part)) for part in thing)
    if isinstance(thing, functools.partial):
        return "partial", *map(_by_value, (thing.func, thing.args, thing.keywords))
    if isinstance(thing, types.FunctionType):
        return _function_by_value(thing)
    if isinstance(thing, types.CodeType):
        return thing.co_code, thing.co_names, [_by_value(part) for part in thing.co_consts]
    kind = thing if isinstance(thing, type) else type(thing)
    name = f"{kind.__module__}.{kind.__qualname__}"
    values = getattr(thing, "__dict__", None) if callable(thing) and thing is not kind else None
    return (name, _by_value(values)) if values else name


def _function_by_value(function: types.FunctionType) -> object:
    """Its code, its defaults, and the plain values that it reads, not changes, from around it."""
    code = function.__code__
    changed = {i.argval for i in dis.get_instructions(code) if i.opname.startswith("STORE_")}
    cells = dict(zip(code.co_freevars, function.__closure__ or (), strict=True))
    around = {name: function.__globals__.get(name) for name in code.co_names}
    around |= {name: cell.cell_contents for name, cell in cells.items() if cell != types.CellType()}
    reads = [
        (name, _by_value(value))
        for name, value in sorted(around.items())
        if name not in changed and isinstance(value, (*PLAIN, tuple, functools.partial))
    ]
    defaults = _by_value((function.__defaults__, function.__kwdefaults__))
    return function.__module__, function.__qualname__, _by_value(code), defaults, reads
