"""Figures of a training, step by step and epoch by epoch."""

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .colours import BLUE, ORANGE


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
