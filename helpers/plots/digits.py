"""Figures of digits, and of how they are read."""

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .colours import BLUE, ORANGE


def show_digits(
    images: np.ndarray,
    titles: Sequence[object] | None = None,
    columns: int = 10,
    title: str | None = None,
    cell: float = 0.9,
) -> Figure:
    """Draw images (N, 28, 28) as a grid, black ink on white paper, each `cell` inches wide."""
    rows = -(-len(images) // columns)
    height = cell * (1.3 if titles is not None else 1)
    figure, axes = plt.subplots(
        rows, columns, figsize=(cell * columns, height * rows + 0.3 * bool(title)), squeeze=False
    )
    for axis in axes.flat:
        axis.axis("off")
    for axis, image in zip(axes.flat, images, strict=False):
        axis.imshow(image, cmap="gray_r", vmin=0, vmax=255)
    for axis, text in zip(axes.flat, [] if titles is None else titles, strict=False):
        axis.set_title(str(text), fontsize=8, pad=2)
    if title:
        figure.suptitle(title)
    figure.tight_layout(pad=0.3)
    return figure


def show_maps(
    maps: Sequence[Any], columns: int, low: float = 0, high: float = 1, colours: str = "viridis"
) -> Figure:
    """Draw two-dimensional arrays or tensors as a grid, all on one scale, `low` to `high`."""
    rows = -(-len(maps) // columns)
    figure, axes = plt.subplots(
        rows, columns, figsize=(columns + 0.6, rows), layout="constrained", squeeze=False
    )
    for axis in axes.flat:
        axis.axis("off")
    for axis, values in zip(axes.flat, maps, strict=False):
        drawn = axis.imshow(values, cmap=colours, vmin=low, vmax=high)
    figure.colorbar(drawn, ax=axes, fraction=0.02)
    return figure


def plot_probabilities(probabilities: np.ndarray, axis: Axes | None = None) -> Axes:
    """Draw the probabilities (10,) of the ten digits as bars, the likeliest one in orange."""
    axis = axis or plt.subplots(figsize=(4, 2), layout="constrained")[1]
    colors = [ORANGE if p == max(probabilities) else BLUE for p in probabilities]
    axis.bar(range(10), probabilities, color=colors)
    axis.set(xticks=range(10), ylim=(0, 1), xlabel="digit", ylabel="probability")
    return axis


def confusion_matrix(labels: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    """Count how often each digit (row) was read as each digit (column): int64 (10, 10)."""
    return np.bincount(10 * labels + predictions, minlength=100).reshape(10, 10)


def plot_confusion(counts: np.ndarray, title: str) -> Figure:
    """Draw a confusion matrix (10, 10) with only the mistakes coloured: hits would drown them."""
    mistakes = counts * (1 - np.eye(10, dtype=int))
    figure, axis = plt.subplots(figsize=(5, 4.4), layout="constrained")
    axis.imshow(mistakes, cmap="Oranges")
    for row, column in np.argwhere(counts):
        hit = row == column
        dark = not hit and mistakes[row, column] > mistakes.max() / 2
        axis.text(
            column,
            row,
            counts[row, column],
            ha="center",
            va="center",
            fontsize=8,
            color="white" if dark else "grey" if hit else "black",
        )
    axis.set(xticks=range(10), yticks=range(10), xlabel="read as", ylabel="label", title=title)
    return figure
