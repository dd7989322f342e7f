"""What all torch networks share: weights as safetensors files, reading while something trains."""

import copy
import json
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import nn

from . import LabError
from .files import write_atomically


def save_weights(path: str | Path, tensors: dict[str, torch.Tensor], metadata: dict) -> Path:
    """Write tensors and JSON-able metadata as one safetensors file, whole or not at all."""
    data = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    return write_atomically(path, save(data, {k: json.dumps(v) for k, v in metadata.items()}))


def read_metadata(path: str | Path, kind: str) -> dict:
    """Read the metadata of a file that `save_weights` wrote, for a model named `kind`.

    Raises LabError if the file is missing, is no safetensors file, or holds another model.
    """
    path = Path(path)
    if not path.is_file():
        raise LabError(f"{path} does not exist: train the model first, or name another file.")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = {k: json.loads(v) for k, v in (file.metadata() or {}).items()}
    except (SafetensorError, OSError, ValueError) as error:
        raise LabError(f"{path} is not a complete safetensors file ({error}).") from error
    if metadata.get("model") != kind:
        raise LabError(f"{path} does not hold the weights of a {kind}.")
    return metadata


def read_weights(path: str | Path, shapes: dict[str, torch.Size]) -> dict[str, torch.Tensor]:
    """Read the tensors of a safetensors file that must have exactly these names and shapes.

    Raises LabError for a missing or a foreign tensor, a wrong shape, NaN or infinity.
    """
    with safe_open(path, framework="pt") as file:
        names = set(file.keys())
        for name in sorted(names ^ set(shapes)):
            raise LabError(f"{path} {'has a foreign' if name in names else 'lacks'} tensor {name}.")
        for name, shape in shapes.items():
            if file.get_slice(name).get_shape() != list(shape):
                found = tuple(file.get_slice(name).get_shape())
                raise LabError(f"{path}: {name} has the shape {found}, not {tuple(shape)}.")
        tensors = {name: file.get_tensor(name) for name in shapes}
    for name, tensor in tensors.items():
        if not torch.isfinite(tensor).all():
            raise LabError(f"{path}: {name} holds NaN or infinity.")
    return tensors


def evaluating(model: nn.Module) -> nn.Module:
    """The same network on the same weights, in its evaluation mode.

    `model` itself keeps its mode, so that a training in another thread does not notice: dropout and
    batch normalisation behave differently in the two modes.
    """
    twin = copy.copy(model)  # shares the tensors
    twin._modules = {name: child and evaluating(child) for name, child in model._modules.items()}
    twin.training = False
    return twin
