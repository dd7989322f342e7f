"""The figures of the notebooks: how they are drawn is not the lesson."""

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Okabe and Ito's colours: told apart by colour-blind eyes and in grey print.
BLUE, ORANGE, GREEN, RED = "#0072B2", "#E69F00", "#009E73", "#D55E00"


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


def moving_average(values: Sequence[float] | np.ndarray, window: int) -> np.ndarray:
    """The mean of each `window` neighbours: (len(values) - window + 1,); none for no values."""
    return np.convolve(values, np.ones(window) / window, "valid") if len(values) else np.empty(0)


def plot_history(history: dict[str, list[float]], source: str) -> Figure:
    """Draw what `fit` gives: loss per step (light) and smoothed, accuracy per epoch.

    Also of a run that was stopped before its first step.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
    _plot_loss(left, history["loss"])
    for name, marker, color in (("train", "o", BLUE), ("validation", "s", ORANGE)):
        accuracy = history[f"{name}_accuracy"]
        right.plot(
            range(1, len(accuracy) + 1), accuracy, marker=marker, color=color, label=f"{name} split"
        )
    right.set(xlabel="epoch", ylabel="accuracy", title=f"Accuracy on {source}")
    right.xaxis.get_major_locator().set_params(integer=True)
    right.yaxis.set_major_formatter("{x:.1%}")
    right.legend()
    return figure


def _plot_loss(axis: Axes, loss: list[float]) -> None:
    window = max(1, len(loss) // 50)
    axis.plot(loss, color=BLUE, alpha=0.25)
    smooth = moving_average(loss, window)
    axis.plot(
        np.arange(len(smooth)) + window / 2, smooth, color=BLUE, label=f"mean of {window} steps"
    )
    axis.set(xlabel="step", ylabel="loss", yscale="log", title="Loss")
    axis.legend()


def plot_progress(
    history: dict[str, Any], images: np.ndarray, labels: np.ndarray, predictions: np.ndarray
) -> Figure:
    """Draw the loss so far beside the first 14 images (N, 28, 28) that are misread now.

    Made to be drawn often, by `Live`: all digits are one image, and nothing is laid out anew.
    """
    figure = plt.figure(figsize=(9, 2.6))
    left, right = figure.add_axes((0.08, 0.19, 0.37, 0.7)), figure.add_axes((0.5, 0.0, 0.49, 0.89))
    _plot_loss(left, history["loss"])
    left.minorticks_off()
    wrong = np.flatnonzero(predictions != labels)
    sheet = np.zeros((80, 7 * 32), np.uint8)  # two rows of 40, with room for their captions
    for place, i in enumerate(wrong[:14]):
        y, x = 40 * (place // 7) + 12, 32 * (place % 7) + 2
        sheet[y : y + 28, x : x + 28] = images[i]
        caption = f"{labels[i]} → {predictions[i]}"
        right.text(x + 14, y - 2, caption, ha="center", fontsize=9)
    right.imshow(sheet, cmap="gray_r", vmin=0, vmax=255)
    right.set_axis_off()
    right.set_anchor("N")  # its title beside the other
    right.set_title(f"{len(wrong)} of {len(labels)} misread (label → reading)")
    return figure


def plot_game(history: dict[str, Any]) -> Figure:
    """Draw what `fit_gan` gives: losses, D(x) and D(G(z)), smoothed, and scores."""
    scores = history["scores"]
    figure, axes = plt.subplots(
        1, 2 + len(scores), figsize=(2.7 * (2 + len(scores)), 2.4), layout="constrained"
    )
    window = max(1, len(history["real"]) // 100)
    curves = [
        (axes[0], "generator_loss", "generator", BLUE),
        (axes[0], "discriminator_loss", "discriminator", ORANGE),
        (axes[1], "real", "D(x), real digits", BLUE),
        (axes[1], "fake", "D(G(z)), drawn digits", ORANGE),
    ]
    for axis, name, label, color in curves:
        axis.plot(moving_average(history[name], window), color=color, label=label)
        axis.set(xlabel="step")
        axis.legend(fontsize=8)
    axes[0].set_title("Losses")
    axes[1].set(title="What D believes", ylim=(0, 1))
    for axis, (name, values) in zip(axes[2:], scores.items(), strict=True):
        axis.plot(range(1, len(values) + 1), values, "o-", color=GREEN)
        axis.set(xlabel="epoch", title=name)  # its own limits: a score moves within a few percent
        axis.margins(y=0.2)
        axis.xaxis.get_major_locator().set_params(integer=True)
    return figure


def plot_game_progress(history: dict[str, Any], sheet: np.ndarray) -> Figure:
    """Draw the beliefs of the discriminator so far beside a sheet (h, w) of drawings.

    Made to be drawn often, by `Live`.
    """
    figure = plt.figure(figsize=(9, 2.4))
    left, right = figure.add_axes((0.06, 0.2, 0.4, 0.68)), figure.add_axes((0.5, 0.0, 0.49, 0.88))
    window = max(1, len(history["real"]) // 50)
    for name, label, color in (("real", "D(x), real", BLUE), ("fake", "D(G(z)), drawn", ORANGE)):
        left.plot(moving_average(history[name], window), color=color, label=label)
    left.set(xlabel="step", ylim=(0, 1), title="What D believes")
    left.legend(loc="upper right", fontsize=8)
    right.imshow(sheet, cmap="gray", vmin=0, vmax=255)
    right.set_axis_off()
    right.set_title(f"drawn after {len(history['real'])} steps")
    return figure


def plane_pictures(history: dict[str, Any], real: np.ndarray) -> np.ndarray:
    """The snapshots of a game in the plane, uint8 (n, height, width, 3).

    Of each, `history` has the points "drawn" (N, 2) and the "belief" (m, m) of the discriminator,
    0 to 1, at places within ±3. Real points (M, 2) are orange, drawn ones blue; the darker a place,
    the surer is the discriminator that what lies there is drawn.
    """
    shots = zip(history["drawn"], history["belief"], strict=True)
    return np.stack([_plane_picture(real, drawn, belief) for drawn, belief in shots])


def _plane_picture(real: np.ndarray, drawn: np.ndarray, belief: np.ndarray) -> np.ndarray:
    scale = 144 // len(belief)
    grey = np.kron(160 + 95 * belief, np.ones((scale, scale)))
    picture = np.repeat(grey[..., None], 3, 2).astype(np.uint8)
    for points, color, size in ((real, ORANGE, 1), (drawn, BLUE, 2)):
        rgb = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
        inside = points[np.abs(points).max(1) < 2.9]
        for x, y in ((inside * (1, -1) + 3) * len(picture) / 6).astype(int):
            picture[y - size : y + size, x - size : x + size] = rgb
    return picture


def plot_plane(history: dict[str, Any], real: np.ndarray) -> Figure:
    """Draw the newest snapshot of a game in the plane, as `plane_pictures` has it."""
    figure, axis = plt.subplots(figsize=(2.6, 2.6), layout="constrained")
    if history["drawn"]:
        axis.imshow(plane_pictures(history, real)[-1])
    axis.set_axis_off()
    axis.set_title(f"snapshot {len(history['drawn'])}")
    return figure


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
