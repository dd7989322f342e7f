"""What all torch networks share: weights as safetensors files, reading while something trains."""

import copy
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, deserialize
from safetensors.torch import save
from torch import nn

from . import LabError
from .files import excerpt, read_file, write_atomically

MAX_BYTES = 144_000_000  # the largest network within the limits has 138 MB
MAX_WEIGHT = 1e9  # no trained network comes near, and far beyond it float32 overflows on the way
DTYPES = {torch.float32: "F32", torch.int64: "I64"}
ONCE = {"side": 28, "channels": 1}  # of older files, which do not say it


def save_network(
    path: str | Path, model: nn.Module, limits: Mapping[str, range], facts: dict
) -> Path:
    """Write the weights, the arguments that `limits` names, and JSON-able facts; return the path.

    Raises LabError for what `load_network` would refuse, weights with NaN above all: what stood at
    `path` before is then untouched.
    """
    tensors = {
        name: (tensor.float() if tensor.is_floating_point() else tensor).cpu().contiguous()
        for name, tensor in model.state_dict().items()
    }
    if complaint := _complaint(tensors):
        raise LabError(f"{path} was not written: {complaint}; train the network afresh.")
    arguments = {name: int(getattr(model, name)) for name in limits}
    _check_arguments(path, type(model), arguments, limits)
    with torch.device("meta"):  # no memory, and no random number
        plain = type(model)(**arguments).state_dict()
    if _shapes(plain) != _shapes(tensors):
        raise LabError(f"{path} was not written: no file keeps the layers of this network.")
    try:
        named = facts | {"model": type(model).__name__} | arguments
        metadata = {name: json.dumps(value) for name, value in named.items()}
    except (TypeError, ValueError, RecursionError) as error:
        raise LabError(
            f"{path} was not written: its facts are no JSON ({excerpt(error)})."
        ) from error
    return write_atomically(path, save(tensors, metadata))


def load_network(cls: type[Any], path: str | Path, limits: Mapping[str, range]) -> Any:
    """The network of class `cls` that `save_network` wrote, in evaluation mode, with its `facts`.

    Raises LabError for a file that is missing, damaged, or of another network. Its arguments are
    checked before anything is built with them, its weights before they are used.
    """
    if not os.path.lexists(path):
        raise LabError(f"{path} does not exist: train the model first, or name another file.")
    entries, facts = _read_safetensors(path, read_file(path, MAX_BYTES))
    if facts.get("model") != cls.__name__:
        raise LabError(f"{path} does not hold the weights of a {cls.__name__}.")
    arguments = {name: facts.get(name, ONCE.get(name)) for name in limits}
    _check_arguments(path, cls, arguments, limits)
    model = cls(**arguments)
    model.load_state_dict(_tensors(path, entries, model.state_dict()))
    model.facts = facts
    return model.eval()


def _read_safetensors(path: str | Path, data: bytes) -> tuple[dict[str, dict], dict]:
    """The entries of a safetensors file (dtype, shape and data by name), and its metadata."""
    try:
        entries = dict(deserialize(data))
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
        facts = {k: json.loads(v) for k, v in (header.get("__metadata__") or {}).items()}
    except (SafetensorError, ValueError, RecursionError) as error:
        reason = excerpt(error)
        raise LabError(f"{path} is not a complete safetensors file ({reason}).") from error
    return entries, facts


def _check_arguments(
    path: str | Path, cls: type, arguments: Mapping[str, object], limits: Mapping[str, range]
) -> None:
    if any(type(value) is not int or value not in limits[k] for k, value in arguments.items()):
        named = ", ".join(f"{name} {excerpt(value, 20)}" for name, value in arguments.items())
        raise LabError(f"{path} can't hold a {cls.__name__} of {named}.")


def _tensors(
    path: str | Path, entries: dict[str, dict], wanted: dict[str, torch.Tensor]
) -> dict[str, torch.Tensor]:
    """The tensors of a file that must have exactly these names, shapes and types."""
    for name in sorted(entries.keys() ^ wanted.keys()):
        has = "has a foreign" if name in entries else "lacks"
        raise LabError(f"{path} {has} tensor {excerpt(name)}.")
    tensors = {}
    for name, like in wanted.items():
        dtype, shape = entries[name]["dtype"], tuple(entries[name]["shape"])
        if shape != like.shape:
            found = excerpt(shape, 40)
            raise LabError(f"{path}: {name} has the shape {found}, not {tuple(like.shape)}.")
        if dtype != DTYPES[like.dtype]:
            raise LabError(f"{path}: {name} has the type {dtype}, not {DTYPES[like.dtype]}.")
        tensors[name] = torch.frombuffer(entries[name]["data"], dtype=like.dtype).reshape(shape)
    if complaint := _complaint(tensors):
        raise LabError(f"{path}: {complaint}.")
    return tensors


def _shapes(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Size]:
    return {name: tensor.shape for name, tensor in tensors.items()}


def _complaint(tensors: dict[str, torch.Tensor]) -> str | None:
    """What is wrong with the first tensor with which no network could predict."""
    for name, tensor in tensors.items():
        if not (tensor.abs() < MAX_WEIGHT).all():
            return f"{name} holds NaN or infinity or a number beyond {MAX_WEIGHT:.0e}"
        if name.endswith(("running_var", "num_batches_tracked")) and (tensor < 0).any():
            return f"{name} holds a negative number"
    return None


def evaluating(model: nn.Module) -> nn.Module:
    """The same network on the same weights, in its evaluation mode.

    `model` itself keeps its mode, so that a training in another thread does not notice: dropout and
    batch normalisation behave differently in the two modes.
    """
    twin = copy.copy(model)  # shares the tensors
    twin._modules = {name: child and evaluating(child) for name, child in model._modules.items()}
    twin.training = False
    return twin
