"""The NumPy network's file: JSON that people can read and that brings back every bit.

    {"format": "digit-lab-mlp", "version": 1,
     "layer_sizes": [784, 128, 64, 10], "activations": ["relu", "relu", "softmax"],
     "normalisation": {"divide_by": 255}, "training": {"epochs": 15, …},
     "layers": [{"weights": [[…], …], "biases": […]}, …]}

`weights` has a row per input and a column per output. Every number stands in the fewest digits
that give the same float32 again. Nothing in a file is believed before it is checked.
"""

import json
import math
import os
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from .. import LabError
from ..files import excerpt, read_file, write_atomically

FORMAT, VERSION = "digit-lab-mlp", 1
NORMALISATION = {"divide_by": 255}
MAX_BYTES = 64_000_000
MAX_LAYERS, MAX_PARAMETERS = 16, 4_000_000


def write_mlp(
    path: str | Path,
    sizes: Sequence[int],
    W: Sequence[np.ndarray],
    b: Sequence[np.ndarray],
    training: dict,
) -> Path:
    """Write the file at `path`, whole or not at all; LabError if `read_mlp` would refuse it."""
    _check_sizes(list(sizes), path)
    _check_training(training, path)
    with np.errstate(over="ignore"):
        W, b = ([array.astype(np.float32, copy=False) for array in arrays] for arrays in (W, b))
    if not all(np.isfinite(array).all() for array in (*W, *b)):
        raise LabError(f"{path} was not written: some weights are not finite; train it afresh.")
    head = {
        "format": FORMAT,
        "version": VERSION,
        "layer_sizes": list(sizes),
        "activations": _activations(len(W)),
        "normalisation": NORMALISATION,
        "training": training,
    }
    layers = []
    for weights, biases in zip(W, b, strict=True):
        rows = ",\n".join(_row(row) for row in weights)
        layers.append(f'{{"weights": [\n{rows}],\n"biases": {_row(biases)}}}')
    fields = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in head.items()]
    fields.append(f'"layers": [{", ".join(layers)}]')
    return write_atomically(path, "{" + ",\n".join(fields) + "}\n")


def read_mlp(path: str | Path) -> tuple[list[int], np.ndarray, dict]:
    """Return the layer sizes, all parameters as one float32 vector, and the training facts.

    The vector is W[0], b[0], W[1], … in a row. LabError says what is wrong with a file: its sizes
    are checked before anything is made of them, and each number before it is used.
    """
    model = _read_json(Path(path))
    if not isinstance(model, dict) or model.get("format") != FORMAT:
        raise LabError(f'{path} is JSON but no network of ours: its "format" is not "{FORMAT}".')
    version = model.get("version")
    if type(version) is not int or version < 1:
        raise LabError(f'{path} has no usable "version": {excerpt(version, 40)}.')
    if version > VERSION:
        raise LabError(f"{path} is of a later version than {VERSION}, update the lab to read it.")
    sizes = _check_sizes(model.get("layer_sizes"), path)
    shapes = list(pairwise(sizes))
    if model.get("activations") != _activations(len(shapes)):
        raise LabError(f'{path}: "activations" must be "relu", and "softmax" for the last layer.')
    if model.get("normalisation") != NORMALISATION:
        raise LabError(f'{path}: "normalisation" must be {json.dumps(NORMALISATION)}.')
    training = _check_training(model.get("training"), path)
    layers = model.get("layers")
    if not isinstance(layers, list) or len(layers) != len(shapes):
        raise LabError(f'{path}: "layers" must list {len(shapes)} layers, as "layer_sizes" says.')

    parts = []
    for number, (layer, (n_in, n_out)) in enumerate(zip(layers, shapes, strict=True), start=1):
        weights = layer.get("weights") if isinstance(layer, dict) else None
        biases = layer.get("biases") if isinstance(layer, dict) else None
        if not isinstance(weights, list) or len(weights) != n_in:
            raise LabError(f"{path}: the weights of layer {number} must be {n_in} rows.")
        parts += [_numbers(row, n_out, path, number) for row in (*weights, biases)]
    return sizes, np.concatenate(parts), training


def _check_sizes(sizes: object, path: str | Path) -> list[int]:
    if not isinstance(sizes, list) or not 2 <= len(sizes) <= MAX_LAYERS + 1:
        raise LabError(f'{path}: "layer_sizes" must list 2 to {MAX_LAYERS + 1} whole numbers.')
    if not all(type(size) is int and 1 <= size <= MAX_PARAMETERS for size in sizes):
        raise LabError(f'{path}: "layer_sizes" must be whole numbers from 1 to {MAX_PARAMETERS}.')
    if sum((n_in + 1) * n_out for n_in, n_out in pairwise(sizes)) > MAX_PARAMETERS:
        raise LabError(f'{path}: "layer_sizes" give more than {MAX_PARAMETERS} parameters.')
    if sizes[0] != 784 or sizes[-1] != 10:
        raise LabError(f'{path}: "layer_sizes" must lead from 784 to 10, not {excerpt(sizes, 40)}.')
    return sizes


def _check_training(training: object, path: str | Path) -> dict:
    if not isinstance(training, dict) or not all(
        isinstance(fact, str | int | None) or (isinstance(fact, float) and math.isfinite(fact))
        for fact in training.values()
    ):
        raise LabError(f'{path}: "training" must hold the training facts, numbers and texts.')
    return training


def _read_json(path: Path) -> object:
    if not os.path.lexists(path):
        raise LabError(f"{path} does not exist: train and save the network first.")
    try:
        text = read_file(path, MAX_BYTES).decode()
    except UnicodeDecodeError as error:
        raise LabError(f"{path} is not JSON: it isn't even text.") from error
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except LabError as error:  # of a constant, which knows no path
        raise LabError(f"{path}: {error}") from None
    except (ValueError, RecursionError) as error:
        end = text.rstrip()
        if end.startswith("{") and (end[-1] != "}" or getattr(error, "pos", 0) >= len(end)):
            raise LabError(f"{path} is cut off: it ends in the middle; get it again.") from error
        raise LabError(f"{path} is not JSON ({excerpt(error)}).") from error


def _refuse_constant(name: str) -> None:
    raise LabError(f"{name} is no number that a network can hold.")


def _numbers(values: object, n: int, path: str | Path, layer: int) -> np.ndarray:
    if not isinstance(values, list) or len(values) != n:
        raise LabError(f"{path}: layer {layer} must have {n} numbers in each row and as biases.")
    if not all(type(value) in (int, float) for value in values):  # no string, null, true or list
        raise LabError(f"{path}: layer {layer} holds something that is not a number.")
    try:
        with np.errstate(over="ignore"):
            row = np.array(values, np.float32)
    except OverflowError:  # a whole number of hundreds of digits
        row = np.array([np.inf])
    if not np.isfinite(row).all():
        raise LabError(f"{path}: layer {layer} holds a number too large for float32.")
    return row


def _row(values: np.ndarray) -> str:
    return "[" + ", ".join(map(str, values)) + "]"


def _activations(n_layers: int) -> list[str]:
    return ["relu"] * (n_layers - 1) + ["softmax"]
