"""A multi-layer perceptron in NumPy alone: every derivative by hand, nothing hidden.

An image's 784 pixels become one row of `X`. Each layer multiplies by its weights `W`, adds its
biases `b` and, except for the last, sets what is negative to zero (ReLU). Softmax turns the last
layer's ten numbers, the logits, into probabilities. `y` holds the true digits.
"""

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

import numpy as np
from tqdm.auto import tqdm

from .. import LabError
from ..recogniser import check_labels, evaluate
from .buffers import Buffers, flatten_images, make_parameters
from .file import read_mlp, write_mlp


def softmax(Z: np.ndarray) -> np.ndarray:
    """Return probabilities (n, k), each row summing to 1, for logits Z (n, k)."""
    P = np.exp(Z - Z.max(axis=1, keepdims=True))  # the largest is exp(0): nothing overflows
    return P / P.sum(axis=1, keepdims=True)


class MLP:
    """784 -> 128 ReLU -> 64 ReLU -> 10 softmax, or any other `sizes`.

    `W[i]` (sizes[i], sizes[i+1]) and `b[i]` (sizes[i+1],) are views into one vector, `parameters`:
    so a step of the optimiser is four operations, whatever the number of layers.
    """

    def __init__(
        self, sizes: Sequence[int] = (784, 128, 64, 10), *, seed: int = 0, dtype: type = np.float32
    ) -> None:
        """Draw the weights, by `seed`; float64 as `dtype` is for checking gradients.

        He initialisation: a variance of 2 / inputs keeps the numbers the same size from one ReLU
        layer to the next (He et al. 2015, "Delving Deep into Rectifiers"). Biases start at 0.
        """
        if len(sizes) < 2 or min(sizes) < 1:
            raise LabError(f"sizes must hold two or more numbers, each at least 1, not {sizes}.")
        self.sizes = tuple(int(size) for size in sizes)
        self.dtype = np.dtype(dtype)
        self.parameters, self.W, self.b = make_parameters(self.sizes, self.dtype)
        # how the weights came about, for the file
        self.training: dict[str, float | str | None] = {}
        rng = np.random.default_rng(seed)
        for W in self.W:
            W[:] = rng.normal(0, math.sqrt(2 / len(W)), W.shape)

    def scale(self, pixels: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """Return pixels 0..255 as X: numbers 0..1 in the model's dtype, same shape."""
        return np.multiply(pixels, self.dtype.type(1 / 255), out=out)

    def forward(self, X: np.ndarray, buffers: Buffers | None = None) -> list[np.ndarray]:
        """Return [X, A1, A2, …, logits] for X (n, 784) in 0..1: the input of every layer, the end.

        Without `buffers` the arrays are new, so that a prediction may run while `fit` does.
        """
        A = [X]
        for i, (W, b) in enumerate(zip(self.W, self.b, strict=True)):
            out = buffers.A[i] if buffers else None
            Z = np.matmul(A[i], W, out=out)  # (n, in) @ (in, out) -> (n, out)
            Z += b  # (n, out) + (out,)
            if i < len(self.W) - 1:
                np.maximum(Z, buffers.zeros[i] if buffers else 0, out=Z)  # ReLU
            A.append(Z)
        return A

    def loss_and_gradients(
        self, X: np.ndarray, y: np.ndarray, buffers: Buffers | None = None, rate: float = 1.0
    ) -> tuple[float, list[np.ndarray], list[np.ndarray]]:
        """Return the mean cross-entropy for X (n, 784) in 0..1 and y (n,), and rate times dW, db.

        dW[i] and db[i] have the shapes of W[i] and b[i].
        """
        n = len(X)
        buffers = buffers or Buffers(n, self.sizes, self.dtype)
        *A, Z = self.forward(X, buffers)
        Y = buffers.one_hot[y]  # (n, 10): a 1 at the true digit, 0 elsewhere

        Z -= Z.max(axis=1, keepdims=True)  # changes no probability, and exp can't overflow
        exp_Z = np.exp(Z)  # (n, 10)
        total = exp_Z.sum(axis=1, keepdims=True)  # (n, 1)
        loss = (np.log(total).sum() - np.vdot(Y, Z)) / n  # -log p = log(total) - Z of the digit

        dZ = (exp_Z / total - Y) * (rate / n)  # softmax and cross-entropy together: (P - Y) / n
        for i in reversed(range(len(self.W))):
            np.matmul(A[i].T, dZ, out=buffers.dW[i])  # (in, n) @ (n, out) -> (in, out)
            np.matmul(buffers.ones, dZ, out=buffers.db[i])  # the sum over n: (n,) @ (n, out)
            if i > 0:  # X needs no gradient
                dZ = np.matmul(dZ, self.W[i].T, out=buffers.dA[i - 1])  # (n, out) @ (out, in)
                dZ *= A[i] > 0  # ReLU lets through where it was open
        return float(loss), buffers.dW, buffers.db

    @np.errstate(over="ignore", invalid="ignore")  # fit itself says when the loss overflows
    def fit(
        self,
        images: np.ndarray,
        labels: np.ndarray,
        *,
        epochs: int = 15,
        batch_size: int = 128,
        learning_rate: float = 0.05,
        momentum: float = 0.9,
        augment: Callable[[np.ndarray, np.random.Generator], np.ndarray] | None = None,
        validation: tuple[np.ndarray, np.ndarray] | None = None,
        seed: int = 0,
        show_progress: bool = True,
    ) -> dict[str, list[float]]:
        """Learn from images uint8 (N, 28, 28) and labels (N,) in 0..9, on from the present weights.

        Stochastic gradient descent with classical momentum (Polyak 1964; in the form of Sutskever
        et al. 2013): v = momentum·v + rate·gradient, W -= v. The rate falls from `learning_rate` to
        0 along half a cosine (Loshchilov & Hutter 2017). `augment` changes the digits of a batch,
        uint8 (n, 28, 28), each time they are met, with a generator of random numbers as its second
        argument: see `distort_digits`. `seed` decides the order and these numbers.

        Returns lists: "loss" with a number per step, "seconds" and, with `validation` (images,
        labels), "validation_accuracy" (0..1) with one per epoch. When interrupted, or when the loss
        is no longer a number, it says so in a line and returns what there is; the weights stay as
        they are then. Raises LabError for images, labels or settings it can't use.
        """
        flat = flatten_images(images, self.sizes[0])  # (N, 784)
        check_labels(labels, len(flat), self.sizes[-1])
        if validation is not None:
            flatten_images(validation[0], self.sizes[0])
            check_labels(validation[1], len(validation[0]), self.sizes[-1])
        if min(epochs, batch_size) < 1:
            raise LabError("epochs and batch_size must be at least 1.")

        N = len(flat)
        rng = np.random.default_rng(seed)
        ns = {min(batch_size, N), N % batch_size or batch_size}  # the last batch may be smaller
        buffers_for = {n: Buffers(n, self.sizes, self.dtype) for n in ns}
        velocity = np.zeros_like(self.parameters)
        history: dict[str, list[float]] = {"loss": [], "seconds": []}
        step, steps = 0, epochs * math.ceil(N / batch_size)
        bar = tqdm(total=steps, unit="batch", leave=False, disable=not show_progress)
        try:
            for epoch in range(1, epochs + 1):
                began, first_step = time.perf_counter(), step
                order = rng.permutation(N)
                for start in range(0, N, batch_size):
                    chosen = order[start : start + batch_size]
                    n, buffers = len(chosen), buffers_for[len(chosen)]
                    # (n, 784) uint8; mode "raise", though nothing can be raised, would copy twice
                    pixels = np.take(flat, chosen, axis=0, out=buffers.pixels, mode="clip")
                    if augment:
                        pixels = augment(pixels.reshape(n, 28, 28), rng).reshape(n, -1)
                    X, y = self.scale(pixels, out=buffers.X), labels[chosen]  # (n, 784), (n,)
                    rate = learning_rate * (1 + math.cos(math.pi * step / steps)) / 2
                    loss, _, _ = self.loss_and_gradients(X, y, buffers, rate)
                    if not math.isfinite(loss):
                        raise FloatingPointError(f"the loss is {loss}, try a smaller learning_rate")

                    velocity *= momentum
                    velocity += buffers.gradient  # already times rate
                    self.parameters -= velocity
                    if step % 256 == 0:
                        # Where a pixel stays paper, velocity shrinks for ever, and below 1e-38 the
                        # processor is many times slower: a third of the time of an epoch.
                        velocity[np.abs(velocity) < 1e-20] = 0

                    step += 1
                    history["loss"].append(loss)
                    bar.set_postfix_str(f"loss {loss:.3f}", refresh=False)
                    bar.update()
                history["seconds"].append(time.perf_counter() - began)
                line = f"epoch {epoch}: loss {np.mean(history['loss'][first_step:]):.3f}"
                if validation is not None:
                    accuracy = evaluate(self, *validation)
                    history.setdefault("validation_accuracy", []).append(accuracy)
                    line += f", validation accuracy {accuracy:.2%}"
                if show_progress:
                    tqdm.write(f"{line} ({history['seconds'][-1]:.1f} s)")
        except (KeyboardInterrupt, FloatingPointError) as error:
            why = str(error) or "the model keeps what it has learnt so far"
            tqdm.write(f"Stopped in epoch {epoch} of {epochs}: {why}.")
        finally:
            bar.close()
        self.training = {
            "images": N,
            "epochs": len(history["seconds"]),
            "batch_size": batch_size,
            "learning_rate": learning_rate,
            "momentum": momentum,
            "augment": getattr(augment, "__name__", str(augment)) if augment else None,
        } | {name: values[-1] for name, values in history.items() if values}
        return history

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
