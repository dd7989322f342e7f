"""A multi-layer perceptron in NumPy alone: every derivative by hand, nothing hidden.

An image's 784 pixels become one row of `X`. Each layer multiplies by its weights `W`, adds its
biases `b` and, except for the last, sets what is negative to zero (ReLU). Softmax turns the last
layer's ten numbers, the logits, into probabilities. `y` holds the true digits.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np

from ..recogniser import check_counts
from .arrays import check_sizes, flatten_images, make_parameters
from .file import read_mlp, write_mlp
from .losses import cross_entropy, softmax
from .training import fit_mlp


class MLP:
    """784 -> 128 ReLU -> 64 ReLU -> 10 softmax, or any other `sizes`.

    `W[i]` (sizes[i], sizes[i+1]) and `b[i]` (sizes[i+1],) are views into one vector, `parameters`.
    """

    def __init__(
        self, sizes: Sequence[int] = (784, 128, 64, 10), *, seed: int = 0, dtype: type = np.float32
    ) -> None:
        """Draw the weights, by `seed`; float64 as `dtype` is for checking gradients.

        He initialisation: a variance of 2 / inputs keeps the numbers the same size from one ReLU
        layer to the next (He et al. 2015, "Delving Deep into Rectifiers"). Biases start at 0.
        """
        check_counts(0, seed=seed)
        self.sizes = check_sizes(sizes)
        self.dtype = np.dtype(dtype)
        self.parameters, self.W, self.b = make_parameters(self.sizes, self.dtype)
        self.training: dict[str, float | str | None] = {}  # how the weights came about
        rng = np.random.default_rng(seed)
        for W in self.W:
            W[:] = rng.normal(0, math.sqrt(2 / len(W)), W.shape)

    def scale(self, pixels: np.ndarray) -> np.ndarray:
        """Return pixels 0..255 as X: numbers 0..1 in the model's dtype, same shape."""
        X = pixels.astype(self.dtype)
        X *= 1 / 255
        return X

    def forward(self, X: np.ndarray) -> list[np.ndarray]:
        """Return [X, A1, A2, …, Z] for X (n, 784) in 0..1: the input of each layer, the logits."""
        A = [X]
        for i, (W, b) in enumerate(zip(self.W, self.b, strict=True)):
            Z = A[i] @ W  # (n, in) @ (in, out) -> (n, out)
            Z += b  # (n, out) + (out,)
            if i < len(self.W) - 1:
                np.maximum(Z, 0, out=Z)  # ReLU
            A.append(Z)
        return A

    def backward(
        self, A: list[np.ndarray], dZ: np.ndarray, out: Sequence[list[np.ndarray]] | None = None
    ) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Return dW, db for what `forward` gave, A, and the gradient dZ (n, 10) of its logits.

        They are written to `out`, a pair of such lists, if that is given.
        """
        dW, db = out or make_parameters(self.sizes, self.dtype)[1:]
        ones = np.ones(len(dZ), self.dtype)
        for i in reversed(range(len(self.W))):
            np.matmul(A[i].T, dZ, out=dW[i])  # (in, n) @ (n, out) -> (in, out)
            np.matmul(ones, dZ, out=db[i])  # the sum over n: (n,) @ (n, out) -> (out,)
            if i > 0:  # X needs no gradient
                dZ = dZ @ self.W[i].T  # (n, out) @ (out, in) -> (n, in)
                dZ *= A[i] > 0  # ReLU lets through where it was open
        return dW, db

    def loss_and_gradients(
        self, X: np.ndarray, y: np.ndarray
    ) -> tuple[float, list[np.ndarray], list[np.ndarray]]:
        """Return the mean cross-entropy for X (n, 784) in 0..1 and digits y (n,), and its dW, db.

        dW[i] and db[i] have the shapes of W[i] and b[i].
        """
        A = self.forward(X)
        Y = np.eye(self.sizes[-1], dtype=self.dtype)[y]  # (n, 10): a 1 at the true digit, else 0
        loss, P = cross_entropy(A[-1], Y)
        dZ = (P - Y) / len(X)  # softmax and cross-entropy together
        return loss, *self.backward(A, dZ)

    fit = fit_mlp  # gradient descent with momentum: see training.py

    def predict_proba(self, images: np.ndarray) -> np.ndarray:
        """Return float32 (N, 10), the probability of each digit, for images uint8 (N, 28, 28).

        Raises LabError for anything else; no images give (0, 10).
        """
        flat = flatten_images(images, self.sizes[0])
        P = np.empty((len(flat), self.sizes[-1]), np.float32)
        for start in range(0, len(flat), 1024):  # in parts, so that memory stays small
            X = self.scale(flat[start : start + 1024])
            P[start : start + 1024] = softmax(self.forward(X)[-1])
        return P

    def save(self, path: str | Path) -> Path:
        """Write weights and training facts as JSON (see `mlp/file.py`), whole or not at all."""
        return write_mlp(path, self.sizes, self.W, self.b, self.training)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Return the network of a file that `save` wrote; raises LabError if it isn't one."""
        sizes, parameters, training = read_mlp(path)
        model = cls(sizes)
        model.parameters[:] = parameters
        model.training = training
        return model
