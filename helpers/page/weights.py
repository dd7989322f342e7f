"""The networks as the page's scripts want them: JSON, with arrays of 16 or 32 bits in base64.

Weights are rounded to half precision. Batch normalisation of a trained network is a scale and an
offset for each channel; these and the biases keep 32 bits. Arrays lie as `cnn.js` says: a weight as
(inputs, rows, columns, outputs), an image as (rows, columns, channels).
"""

import base64
from typing import Any

import numpy as np
from torch import nn

from .. import LabError
from ..cnn import DigitCNN
from ..cnn.network import MEAN, STD
from ..gan import Generator
from ..mlp import MLP
from .directions import principal_directions

MOST = 2_000_000  # weights of a network: they make 5 MB of a page
LARGEST = 60_000  # of a weight: half precision ends at 65,504


def pack_cnn(model: DigitCNN) -> dict:
    """A DigitCNN of any width; LabError for anything else."""
    check_module("cnn", model, DigitCNN, ("width", "padding"))
    modules = list(model.features)
    convolutions = [module for module in modules if isinstance(module, nn.Conv2d)]
    norms = [module for module in modules if isinstance(module, nn.BatchNorm2d)]
    folded = [scale_and_offset(norm) for norm in norms]
    # It was shown (x - MEAN) / STD. The page shows it x, 0 to 1: the first normalisation knows.
    first = numbers(convolutions[0].weight.half()).sum((1, 2, 3), dtype=float)
    scale, offset = folded[0]
    folded[0] = scale / STD, offset - scale * MEAN / STD * first
    layers = []
    for convolution, (scale, offset) in zip(convolutions, folded, strict=True):
        weight = numbers(convolution.weight)  # (outputs, inputs, rows, columns)
        layer = kernel(weight.transpose(1, 0, 2, 3), "cnn") | affine(scale, offset, "cnn")
        after = modules[modules.index(convolution) + 1]
        layer |= {"padding": convolution.padding[0], "pool": isinstance(after, nn.MaxPool2d)}
        layers.append(layer)
    last = numbers(model.classifier.weight).reshape(10, layers[-1]["outputs"], -1)
    bias = single(numbers(model.classifier.bias), "cnn")
    return {"layers": layers, "weight": half(last.transpose(2, 1, 0), "cnn"), "bias": bias}


def pack_mlp(model: MLP) -> dict:
    """An MLP from 784 pixels to 10 digits, of any sizes between; LabError for anything else."""
    if not isinstance(model, MLP):
        raise LabError(f"mlp must be a helpers.mlp.MLP, not {type(model).__name__}.")
    if (model.sizes[0], model.sizes[-1]) != (784, 10):
        raise LabError(f"mlp must lead from 784 pixels to 10 digits, not {model.sizes!s:.40}.")
    check_count("mlp", model.parameters.size)
    layers = zip(model.W, model.b, strict=True)
    return {"layers": [{"weight": half(W, "mlp"), "bias": single(b, "mlp")} for W, b in layers]}


def pack_generator(model: Generator) -> dict:
    """A Generator of the ten digits, and its directions; LabError for anything else."""
    check_module("generator", model, Generator, ("latent_dim", "width", "classes"))
    if model.classes != 10 or model.latent_dim < 2:
        raise LabError("generator must draw the ten digits, from two latents or more.")
    project = numbers(model.project.weight).reshape(2 * model.width, 49, -1)
    norms = [module for module in model.upsample if isinstance(module, nn.BatchNorm2d)]
    layers = [affine(*scale_and_offset(norm), "generator") for norm in norms]
    layers.append(affine(np.ones(1), numbers(model.upsample[-2].bias), "generator"))
    convolutions = [m for m in model.upsample if isinstance(m, nn.Conv2d | nn.ConvTranspose2d)]
    for layer, module in zip(layers[1:], convolutions, strict=True):
        weight, padding = numbers(module.weight), module.padding[0]
        if isinstance(module, nn.Conv2d):  # turned round, it is a transposed one of stride 1
            weight = weight[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
            padding = weight.shape[2] - 1 - padding
        layer |= kernel(weight, "generator") | {"padding": padding, "stride": module.stride[0]}
    return {
        "latents": model.latent_dim,
        "directions": [principal_directions(model, digit).tolist() for digit in range(10)],
        "project": half(project.transpose(2, 1, 0), "generator"),
        "layers": layers,
    }


def scale_and_offset(norm: nn.BatchNorm2d) -> tuple[np.ndarray, np.ndarray]:
    """What batch normalisation does once it is trained: x * scale + offset, each (channels,)."""
    mean, variance = (numbers(t).astype(float) for t in (norm.running_mean, norm.running_var))
    with np.errstate(invalid="ignore"):  # a negative variance gives NaN, which is refused
        scale = numbers(norm.weight) / np.sqrt(variance + norm.eps)
    return scale, numbers(norm.bias) - mean * scale


def affine(scale: np.ndarray, offset: np.ndarray, who: str) -> dict:
    return {"scale": single(scale, who), "offset": single(offset, who)}


def kernel(weight: np.ndarray, who: str) -> dict:
    """A weight (inputs, outputs, rows, columns) and its sizes."""
    inputs, outputs, size = weight.shape[:3]
    packed = half(weight.transpose(0, 2, 3, 1), who)
    return {"inputs": inputs, "outputs": outputs, "kernel": size, "weight": packed}


def numbers(tensor: Any) -> np.ndarray:
    return tensor.detach().cpu().numpy()


def half(values: np.ndarray, who: str) -> dict[str, str]:
    return {"half": base64_of(values, "<f2", who)}


def single(values: np.ndarray, who: str) -> dict[str, str]:
    return {"single": base64_of(values, "<f4", who)}


def base64_of(values: np.ndarray, dtype: str, who: str) -> str:
    if not (np.abs(values) <= LARGEST).all():  # nor is NaN
        raise LabError(f"{who} holds NaN, or a number beyond {LARGEST:,}: train it afresh.")
    return base64.b64encode(np.ascontiguousarray(values, dtype).tobytes()).decode()


def check_module(who: str, model: Any, kind: type[Any], arguments: tuple[str, ...]) -> None:
    """LabError unless `model` is a `kind` whose weights have the shapes that its arguments say."""
    if not isinstance(model, kind):
        raise LabError(f"{who} must be a {kind.__name__} of helpers, not {type(model).__name__}.")
    if (model.side, model.channels) != (28, 1):
        raise LabError(f"{who} must be of grey images of 28 × 28 pixels.")
    found = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    check_count(who, sum(int(np.prod(shape)) for shape in found.values()))
    try:
        twin = kind(**{name: getattr(model, name) for name in arguments})
    except Exception as error:
        raise LabError(f"{who} is no {kind.__name__} that can be built: {error}.") from error
    if found != {name: tuple(tensor.shape) for name, tensor in twin.state_dict().items()}:
        raise LabError(f"{who} has other layers than a {kind.__name__} of its width.")


def check_count(who: str, count: int) -> None:
    if count > MOST:
        raise LabError(f"{who} has {count:,} weights, and a page takes {MOST:,} of a network.")
