"""Figures of two networks that play against each other."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from .colours import BLUE, GREEN, ORANGE
from .learning import moving_average


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
        axis.plot(range(1, len(values) + 1), values, "o-", color=GREEN, clip_on=False)
        axis.set(xlabel="epoch", title=name)  # its own limits: a score moves within a few percent
        axis.update_datalim([(1, 0.99 * min(values)), (1, 1.01 * max(values))])  # not less
        axis.margins(y=0.2)
        if max(values) <= 1 < axis.get_ylim()[1]:  # it is a share
            axis.set_ylim(top=1)
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
    grey = np.kron(80 + 175 * belief, np.ones((scale, scale)))
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
