"""Softmax, which makes probabilities of logits, and the loss that they are judged by."""

import numpy as np


def softmax(Z: np.ndarray) -> np.ndarray:
    """Return probabilities (n, k), each row summing to 1, for logits Z (n, k)."""
    P = np.exp(Z - Z.max(axis=1, keepdims=True))  # the largest is exp(0): nothing overflows
    return P / P.sum(axis=1, keepdims=True)


def cross_entropy(Z: np.ndarray, Y: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the mean of -log p, p what softmax gives the true digit, and P = softmax(Z).

    Z (n, k) are logits; Y (n, k) holds a 1 at the true digit of each row, 0 elsewhere. The
    gradient of the loss for Z is (P - Y) / n.
    """
    Z = Z - Z.max(axis=1, keepdims=True)  # changes no probability, and exp can't overflow
    exp_Z = np.exp(Z)
    total = exp_Z.sum(axis=1, keepdims=True)  # (n, 1)
    loss = (np.log(total).sum() - np.vdot(Y, Z)) / len(Z)  # -log p = log(total) - Z of the digit
    return float(loss), exp_Z / total
