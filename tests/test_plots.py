"""The figures of several notebooks show what they are given."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest

from helpers.plots import (
    BLUE,
    ORANGE,
    confusion_matrix,
    plane_pictures,
    plot_confusion,
    plot_game,
    plot_game_progress,
    plot_history,
    plot_plane,
    plot_probabilities,
    plot_repeats,
    plot_search,
    plot_slices,
    show_digits,
)


@pytest.fixture(autouse=True)
def no_window() -> None:
    matplotlib.use("Agg")


def curves(axis: plt.Axes) -> dict[str, list[float]]:
    return {str(line.get_label()): np.asarray(line.get_ydata()).tolist() for line in axis.lines}


def test_digits_stand_in_a_grid_with_their_titles():
    images = np.arange(3, dtype=np.uint8)[:, None, None] * np.full((28, 28), 100, np.uint8)
    figure = show_digits(images, [4, "five", 6], columns=2, title="Three")
    shown = [axis.images[0].get_array() for axis in figure.axes if axis.images]
    assert len(figure.axes) == 4 and np.array_equal(np.stack(shown), images)
    assert [axis.get_title() for axis in figure.axes] == ["4", "five", "6", ""]
    assert figure.get_suptitle() == "Three"
    assert len(show_digits(images).axes) == 10


def test_the_likeliest_digit_stands_out():
    axis = plot_probabilities(np.eye(10)[3] * 0.5 + 0.05)
    colours = [matplotlib.colors.to_hex(bar.get_facecolor()).upper() for bar in axis.patches]
    assert colours == [ORANGE if digit == 3 else BLUE for digit in range(10)]
    assert axis.patches[3].get_window_extent().height == pytest.approx(
        11 * axis.patches[0].get_window_extent().height
    )


def test_a_history_shows_loss_and_accuracy():
    loss = list(np.geomspace(1, 0.01, 100))
    history = {"loss": loss, "train_accuracy": [0.8, 0.9], "validation_accuracy": [0.7, 0.95]}
    left, right = plot_history(history, "MNIST").axes
    assert curves(right) == {"train split": [0.8, 0.9], "validation split": [0.7, 0.95]}
    drawn = curves(left)
    assert drawn.popitem()[1] == pytest.approx(np.convolve(loss, [0.5, 0.5], "valid"))
    assert drawn.popitem()[1] == loss and "MNIST" in right.get_title()


def test_a_game_shows_losses_beliefs_and_scores():
    names = ("generator_loss", "discriminator_loss", "real", "fake")
    history = {name: [float(k)] * 10 for k, name in enumerate(names)}
    axes = plot_game(history | {"scores": {"agreement": [0.5, 0.9]}}).axes
    assert curves(axes[0]) == {"generator": [0.0] * 10, "discriminator": [1.0] * 10}
    assert list(curves(axes[1]).values()) == [[2.0] * 10, [3.0] * 10]
    assert axes[2].get_title() == "agreement" and [0.5, 0.9] in curves(axes[2]).values()
    assert len(plot_game(history | {"scores": {}}).axes) == 2


def test_what_hardly_moves_is_not_drawn_as_if_it_did():
    game = {name: [0.5] * 10 for name in ("generator_loss", "discriminator_loss", "real", "fake")}
    axes = plot_game(game | {"scores": {"a": [0.995, 0.9955], "b": [0.0, 0.0]}}).axes
    low, high = axes[2].get_ylim()
    assert high - low > 0.015 and high == 1  # a share is never more
    assert axes[3].get_ylim()[0] < 0 < axes[3].get_ylim()[1]


def test_a_game_in_progress_shows_beliefs_and_the_sheet():
    sheet = np.arange(600, dtype=np.uint8).reshape(20, 30)
    left, right = plot_game_progress({"real": [0.9] * 8, "fake": [0.1] * 8}, sheet).axes
    assert list(curves(left).values()) == [[0.9] * 8, [0.1] * 8]
    assert np.array_equal(right.images[0].get_array(), sheet) and "8 steps" in right.get_title()


def test_a_picture_of_the_plane_has_each_point_where_it_lies():
    belief = np.ones((24, 24))
    belief[0] = 0  # at the top the discriminator takes all for drawn
    drawn = np.array([[-2.0, 1.0], [0.0, 99.0]])  # the second one lies outside
    history = {"drawn": [drawn], "belief": [belief]}
    (picture,) = plane_pictures(history, np.array([[2.0, 1.0]]))
    assert picture.shape == (144, 144, 3)
    assert picture[75, 75].min() > picture[1, 100].max()
    blue, orange = picture[48, 24].astype(int), picture[48, 120].astype(int)
    assert blue[2] > blue[0] + 100 and orange[0] > orange[2] + 100
    assert "snapshot 1" in plot_plane(history, drawn).axes[0].get_title()
    assert "snapshot 0" in plot_plane({"drawn": [], "belief": []}, drawn).axes[0].get_title()


def test_a_confusion_counts_and_colours_the_mistakes_alone():
    counts = confusion_matrix(np.array([7, 7, 7, 1]), np.array([7, 7, 1, 1]))
    assert counts.sum() == 4 and (counts[7, 7], counts[7, 1], counts[1, 1]) == (2, 1, 1)
    (axis,) = plot_confusion(counts, "Mistakes").axes
    coloured = axis.images[0].get_array()
    assert coloured[7, 1] == 1 and coloured.sum() == 1
    assert sorted(text.get_text() for text in axis.texts) == ["1", "1", "2"]


RECORDS: dict[str, list[float]] = {
    "loss": [0.5, 0.2, 0.9, 0.3],
    "pruned": [0, 0, 1, 0],
    "learning_rate": [0.1, 0.2, 0.9, 0.3],
    "width": [8, 16, 8, 16],
    "distortion": [0, 1, 2, 1],
}


def points(axis: plt.Axes, mark: str) -> list[tuple[float, float]]:
    """The points (x, y) that are drawn with this mark."""
    lines = [line.get_xydata() for line in axis.lines if line.get_marker() == mark]
    return [(float(x), float(y)) for line in lines for x, y in np.asarray(line)]


def test_the_best_so_far_only_falls_and_a_pruned_trial_is_none():
    [axis] = plot_search({"random": RECORDS | {"loss": [0.5, 0.2, 0.1, 0.3]}}).axes
    assert curves(axis)["random: the best so far"] == [0.5, 0.2, 0.2, 0.2]
    assert points(axis, "x") == [(3, 0.1)]


def test_slices_show_whole_trials_beside_the_defaults():
    space = {"learning_rate": (0.01, 1.0), "width": [8, 16], "distortion": (0.0, 2.0)}
    defaults = {"learning_rate": 0.2, "width": 16, "distortion": 1}
    axes = plot_slices({"random": RECORDS}, space, defaults).axes
    assert [axis.get_xscale() for axis in axes] == ["log", "log", "linear"]
    for axis, name in zip(axes, space, strict=True):
        x = [RECORDS[name][trial] for trial in (0, 1, 3)]
        assert points(axis, "o") == list(zip(x, [0.5, 0.2, 0.3], strict=True))
        assert {x for x, _ in points(axis, "None")} == {defaults[name]}


def test_repeats_stand_beside_what_the_search_had_said():
    [axis] = plot_repeats({"defaults": [0.3, 0.5], "TPE": [0.4, 0.2]}, {"TPE": 0.1}).axes
    assert points(axis, "D") == [(0.1, 1)]
    assert [x for x, _ in points(axis, "|")] == pytest.approx([0.4, 0.3])
