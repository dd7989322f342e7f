"""Every number of a network so small that each can be followed, and its gradient."""

import numpy as np

from ... import LabError
from ..losses import softmax

SHAPES = {"x": (2,), "w": (2, 2), "b": (2,), "v": (2, 3), "c": (3,), "y": (3,)}
LARGEST = 1000  # what is larger no longer fits its place in the drawing
Arrays = dict[str, np.ndarray]


def numbers_and_gradients(given: Arrays) -> tuple[Arrays, Arrays]:
    """Return all numbers of the network, and the gradient of its loss L for each but x and y.

    `given` holds the inputs x, the weights and biases w, b of two ReLU units and v, c of three
    logits, and y, a 1 at the true class; shapes as in `SHAPES`. On the way to L stand the sums z,
    h = ReLU(z), the logits s and the probabilities p. Gradients have the names and shapes of what
    they are for.
    """
    x, w, b, v, c, y = (given[name] for name in SHAPES)
    z = x @ w + b  # (2,) @ (2, 2) + (2,)
    h = np.maximum(0, z)
    s = h @ v + c  # (2,) @ (2, 3) + (3,)
    p = softmax(s[None])[0]
    with np.errstate(divide="ignore", invalid="ignore"):  # no probability: `check_size` says so
        loss = -np.log(p[y == 1])[0]
        dp = -y / p
    ds = p - y  # softmax and cross-entropy together
    dh = v @ ds  # (2, 3) @ (3,)
    dz = dh * (z > 0)
    numbers = {**given, "z": z, "h": h, "s": s, "p": p, "L": loss}
    gradients = {"p": dp, "s": ds, "v": np.outer(h, ds), "c": ds}
    return numbers, gradients | {"h": dh, "z": dz, "w": np.outer(x, dz), "b": dz}


def after_descent(numbers: Arrays, gradients: Arrays, learning_rate: float) -> Arrays:
    """Return x, y and the weights and biases after one step of gradient descent."""
    step = {name: learning_rate * gradients[name] for name in "wbvc"}
    return {name: numbers[name] - step.get(name, 0) for name in SHAPES}


def check_given(given: dict[str, object]) -> Arrays:
    """Return the same as float64 arrays; LabError for other shapes, or a y of no class."""
    arrays = {}
    for name, shape in SHAPES.items():
        try:
            array = arrays[name] = np.array(given[name], float)
        except (TypeError, ValueError):
            raise LabError(f"{name} must be numbers of shape {shape}.") from None
        if array.shape != shape:
            raise LabError(f"{name} has the shape {array.shape}: give numbers of shape {shape}.")
    if sorted(arrays["y"]) != [0, 0, 1]:
        raise LabError("y must hold a 1 at the true class and 0 at the two others.")
    check_size(arrays)
    return arrays


def check_size(*groups: Arrays) -> None:
    """LabError where a number is not finite or too large to be followed."""
    if not all(np.all(np.abs(array) < LARGEST) for arrays in groups for array in arrays.values()):
        reason = f"A number or a gradient of this network reaches {LARGEST} or more"
        raise LabError(f"{reason}: choose smaller inputs, weights or a smaller learning rate.")
