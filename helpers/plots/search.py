"""06: the figures of a search for settings, from the `records_of` its studies."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from .colours import BLUE, GREEN, ORANGE, RED

COLOURS = (BLUE, ORANGE, GREEN)
Records = Mapping[str, Sequence[float]]


def plot_search(found: Mapping[str, Records]) -> Figure:
    """Draw each study's trials, pruned ones as crosses, and the best loss so far as steps."""
    figure, axis = plt.subplots(figsize=(7, 3), layout="constrained")
    for (name, records), colour in zip(found.items(), COLOURS, strict=False):
        losses, pruned = np.array(records["loss"]), np.array(records["pruned"], bool)
        trials = np.arange(1, len(losses) + 1)
        for chosen, mark in ((~pruned, "o"), (pruned, "x")):
            axis.plot(trials[chosen], losses[chosen], mark, color=colour, alpha=0.6, markersize=4)
        best = np.minimum.accumulate(np.where(pruned, np.inf, losses))
        axis.step(trials, best, where="post", color=colour, label=f"{name}: the best so far")
    axis.set(xlabel="trial", ylabel="validation loss", yscale="log")
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    figure.legend(fontsize=8, loc="outside upper center", ncols=3)  # a cross may lie anywhere
    return figure


def plot_slices(
    found: Mapping[str, Records],
    space: Mapping[str, Sequence[float]],
    defaults: Mapping[str, float],
) -> Figure:
    """Draw each whole trial's loss against each setting of `space`; dotted: the defaults."""
    figure, axes = plt.subplots(
        1, len(space), figsize=(11, 2.7), layout="constrained", sharey=True, squeeze=False
    )
    for axis, (name, values) in zip(axes[0], space.items(), strict=True):
        for records, colour in zip(found.values(), COLOURS, strict=False):
            whole = ~np.array(records["pruned"], bool)
            at, losses = (np.array(records[key])[whole] for key in (name, "loss"))
            axis.plot(at, losses, "o", color=colour, alpha=0.5, markersize=4)
        axis.axvline(defaults[name], color="grey", linestyle=":")
        axis.set(xscale="log" if min(values) > 0 else "linear", yscale="log")
        axis.set(xlabel=name.replace("_", " "))
        if isinstance(values, list):
            axis.set_xticks(values, values)
        axis.xaxis.set_minor_formatter("")
    axes[0, 0].set(ylabel="validation loss")
    figure.align_xlabels()
    return figure


def plot_repeats(history: Mapping[str, Any], promised: Mapping[str, float]) -> Figure:
    """Draw the losses of each winner's trainings from new seeds beside what its search had said."""
    figure, axis = plt.subplots(figsize=(7, 2.4), layout="constrained")
    for y, (name, losses) in enumerate(history.items()):
        axis.plot(losses, [y] * len(losses), "o", color=BLUE, alpha=0.6)
        axis.plot(np.mean(losses), y, "|", color=BLUE, markersize=18, markeredgewidth=3)
        if name in promised:
            axis.plot(promised[name], y, "D", color=RED)
    axis.plot([], [], "o", color=BLUE, label="new seeds, and their mean")
    axis.plot([], [], "D", color=RED, label="in the search")
    axis.set(xlabel="validation loss", ylim=(len(history) - 0.5, -0.5))
    axis.set_yticks(range(len(history)), history)
    axis.legend(fontsize=8)
    return figure
