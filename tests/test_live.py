"""A training that is watched: seldom drawn, always at the end, never disturbed."""

import matplotlib
import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
import torch
from IPython.display import DisplayHandle
from nbconvert import HTMLExporter
from run_notebooks import clean, execute

from helpers import live as module
from helpers.cnn import DigitCNN, fit
from helpers.gan import Discriminator, Generator, fit_gan, train_step
from helpers.live import Live
from helpers.mlp import MLP
from helpers.plots import plot_progress

HISTORY = {"loss": [2.3, 0.5], "validation_accuracy": [0.93], "learning_rate": [0.2, 0.1]}


class Clock:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def shown(monkeypatch) -> list[tuple[str, dict]]:
    """What a notebook is given to show: "display" or "update", and the data."""
    shown: list[tuple[str, dict]] = []
    matplotlib.use("Agg")
    monkeypatch.setattr(module, "in_notebook", lambda: True)
    for kind in ("display", "update"):
        take = lambda _, data, raw, kind=kind: shown.append((kind, data))  # noqa: E731
        monkeypatch.setattr(DisplayHandle, kind, take)
    return shown


def draw(history):
    figure, axis = plt.subplots(figsize=(2, 1))
    axis.plot(history["loss"])
    return figure


def test_drawing_takes_one_second_of_forty(shown):
    clock, drawn = Clock(), []

    def slow(history):
        drawn.append(clock.now)
        clock.now += 0.1 if len(drawn) < 4 else 0.2
        return draw(history)

    with Live(slow, clock) as live:
        for step in range(1, 3001):  # a hundred a second
            clock.now += 0.01
            live(step / 3000, HISTORY)
    assert drawn == pytest.approx([1, 8, 12, 16, 28, 30.7], abs=0.03)
    assert [kind for kind, _ in shown] == ["display", *["update"] * 5]
    assert all(data["image/png"].startswith("iVBOR") for _, data in shown)


def test_a_second_passes_at_least_between_two_drawings(shown):
    clock = Clock()
    with Live(draw, clock) as live:
        for step in range(1, 351):
            clock.now += 0.01
            live(step / 350, HISTORY)
        assert len(shown) == 3
    assert len(shown) == 4


def test_nothing_is_drawn_before_the_first_loss(shown):
    clock = Clock()
    with Live(lambda _: pytest.fail("there is nothing to draw"), clock) as live:
        clock.now = 100
        live(0.05, {})
        live(0.1, {"loss": [], "scores": {}})
    assert shown == []


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_the_last_picture_stays_where_a_training_fails(shown, error):
    with pytest.raises(error), Live(draw) as live:
        live(0.5, HISTORY)
        raise error
    assert len(shown) == 1 and plt.get_fignums() == []


def test_a_training_that_is_stopped_while_it_is_drawn_is_kept(shown, mnist, capsys):
    clock, drawn = Clock(), []

    def stopped(history):
        drawn.append(len(history["loss"]))
        figure = draw(history)
        if len(drawn) == 1:
            raise KeyboardInterrupt
        return figure

    def progress(share_done, history):
        clock.now += 0.3
        live(share_done, history)

    model = MLP((784, 8, 10))
    digits = mnist.train_images[:1000], mnist.train_labels[:1000]
    with Live(stopped, clock) as live:
        history = model.fit(*digits, epochs=2, show_progress=False, progress=progress)
    assert "Stopped in epoch 1" in capsys.readouterr().out
    assert len(history["loss"]) == 4 and drawn == [4, 4] and len(shown) == 1
    assert plt.get_fignums() == []


def test_a_drawing_that_fails_is_told_once_and_costs_no_training(shown, mnist, capsys):
    clock, tries = Clock(), []

    def broken(history):
        tries.append(plt.subplots())
        raise ValueError("no such\ncolour")

    def progress(share_done, history):
        clock.now += 0.5
        live(share_done, history)

    with Live(broken, clock) as live:
        digits = mnist.train_images[:1000], mnist.train_labels[:1000]
        history = MLP((784, 8, 10)).fit(*digits, epochs=1, show_progress=False, progress=progress)
    assert len(history["seconds"]) == 1 and len(tries) == 5
    said = capsys.readouterr().out
    assert said == "The training goes on, but could not be drawn (ValueError: no such colour).\n"
    assert shown == [] and plt.get_fignums() == []


def test_a_figure_that_is_drawn_again_and_again_is_closed_too(shown):
    one, clock = draw(HISTORY), Clock()
    with Live(lambda history: one, clock) as live:
        clock.now = 2
        live(1, HISTORY)
    assert plt.get_fignums() == [] and len(shown) == 2


def test_figures_that_were_open_before_stay_open(shown):
    mine = plt.figure()
    with Live(draw) as live:
        live(1, HISTORY)
    assert plt.get_fignums() == [mine.number] and len(shown) == 1


def test_outside_a_notebook_it_prints_a_line_now_and_then(capsys):
    clock = Clock()
    with Live(lambda _: pytest.fail("nobody would see it"), clock) as live:
        for step in range(1, 26):
            clock.now += 1
            live(step / 25, HISTORY)
    line = "done: loss 0.5, validation accuracy 0.93\n"
    assert capsys.readouterr().out == f"40% {line}80% {line}100% {line}"


def test_it_shows_what_is_misread_now():
    images = np.random.default_rng(0).integers(0, 256, (40, 28, 28), np.uint8)
    labels = np.arange(40) % 10
    right = plot_progress({"loss": [2.0, 1.0]}, images, labels, np.full(40, 3)).axes[1]
    assert right.get_title().startswith("36 of 40 misread")
    assert [text.get_text() for text in right.texts][:3] == ["0 → 3", "1 → 3", "2 → 3"]
    assert len(right.texts) == 14
    sheet = right.images[0].get_array()
    assert np.array_equal(sheet[12:40, 98:126], images[4])  # the fourth: 3 is read right


# ---- a training that is watched is the same to the last bit


def weights(*networks: torch.nn.Module) -> list[np.ndarray]:
    return [tensor.numpy().copy() for net in networks for tensor in net.state_dict().values()]


def run_cnn(digits, watch):
    torch.manual_seed(0)
    model = DigitCNN(4)
    with watch(lambda: model.predict_proba(digits[0][:50])) as live:
        history = fit(model, *digits, digits, epochs=2, show_progress=False, progress=live)
    return [*weights(model), history["loss"], history["validation_accuracy"]]


def run_mlp(digits, watch):
    model = MLP((784, 8, 10))
    with watch(lambda: model.predict_proba(digits[0][:50])) as live:
        history = model.fit(*digits, epochs=2, show_progress=False, progress=live)
    return [model.parameters, history["loss"]]


def run_gan(digits, watch):
    torch.manual_seed(0)
    players = Generator(16, 4), Discriminator(4)
    with watch(lambda: players[0].sample(np.arange(10))) as live:
        averaged, history = fit_gan(*players, *digits, step=train_step, epochs=2, progress=live)
    return [*weights(*players, averaged), history["generator_loss"], history["real"]]


@pytest.mark.parametrize("run", [run_cnn, run_mlp, run_gan])
def test_a_watched_training_is_the_same_to_the_last_bit(shown, mnist, run):
    digits = mnist.train_images[:400], mnist.train_labels[:400]
    asked = []

    class EveryStep(Live):
        """Draws after each step, and asks the network."""

        def __init__(self, ask):
            def ask_and_draw(history):
                asked.append(ask())
                return draw(HISTORY)

            super().__init__(ask_and_draw)

        def __call__(self, share_done, history):
            super().__call__(share_done, history)
            self._update()

    class Unwatched(Live):
        def __init__(self, ask):
            super().__init__(draw)

        def __call__(self, share_done, history):
            pass

    alone, watched = run(digits, Unwatched), run(digits, EveryStep)
    assert len(asked) > 5 and len(shown) == len(asked)
    assert not np.array_equal(asked[0], asked[-1])
    for one, other in zip(alone, watched, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_game_is_told_after_each_step(mnist):
    told = []
    digits = mnist.train_images[:100], mnist.train_labels[:100]
    players = Generator(16, 4), Discriminator(4)

    def progress(share_done, history):
        told.append((share_done, len(history["real"])))

    fit_gan(*players, *digits, step=train_step, epochs=2, batch_size=50, progress=progress)
    assert told == [(0.25, 1), (0.5, 2), (0.75, 3), (1, 4)]


# ---- in a real kernel

CELL = """
import time
import matplotlib.pyplot as plt
from helpers.live import Live

def draw(history):
    figure, axis = plt.subplots(figsize=(2, 1))
    axis.plot(history["loss"])
    return figure

history = {"loss": []}
with Live(draw) as live:
    for step in range(24):
        time.sleep(0.1)
        history["loss"].append(1 / (step + 1))
        live((step + 1) / 24, history)
        if step % 12 == 11:
            print("epoch", step // 12 + 1)
"""


@pytest.mark.slow
def test_in_a_kernel_one_picture_is_left_with_its_alternative_text(tmp_path):
    cell = nbformat.v4.new_code_cell(CELL, metadata={"alt": "The loss falls"})
    path = tmp_path / "watched.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    notebook = execute(path)
    clean(notebook)
    outputs = notebook.cells[0].outputs
    assert outputs[0].output_type == "display_data"  # where it began, above what is printed
    assert "".join(o.text for o in outputs[1:]) == "epoch 1\nepoch 2\n"
    page, _ = HTMLExporter(template_name="classic").from_notebook_node(notebook)
    assert page.count('src="data:image/png;base64,') == 1 and 'alt="The loss falls"' in page
