"""A training to watch: a picture of how far it has come, redrawn in one output of its cell."""

import base64
import io
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import matplotlib.pyplot as plt
from IPython import get_ipython
from IPython.display import DisplayHandle
from matplotlib.figure import Figure
from tqdm import tqdm

from .files import excerpt

PATIENCE = 40  # a second of drawing needs forty of training: 2.5 % of the time


class Live:
    """The context of a training to watch: `with Live(draw) as live: fit(…, progress=live)`.

    In a notebook the figure that `draw(history)` gives is shown, and replaced while the training
    goes on, for a fortieth of its time; and once more at the end, also where it was stopped or has
    failed. Elsewhere a line of text is printed now and then. `draw` may ask the network, for
    `predict_proba` does not disturb a training. If it fails, a sentence says so, once.
    """

    def __init__(
        self,
        draw: Callable[[dict[str, Any]], Figure],
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._draw, self._clock = draw, clock

    def __enter__(self) -> Self:
        self._show, self._pause = (self._draw_it, 1) if in_notebook() else (self._print, 10)
        self._start, self._spent = self._clock(), 0.0
        self._due = self._start + self._pause
        self._output, self._complained = DisplayHandle(), False
        self._display = self._output.display  # the first time, then its update
        self._share_done, self._history = 0.0, dict[str, Any]()
        return self

    def __call__(self, share_done: float, history: dict[str, Any]) -> None:
        """Note how far the training has come, 0 to 1, and show it if that is due."""
        self._share_done, self._history = share_done, history
        if self._clock() >= self._due:
            self._update()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._update()

    def _update(self) -> None:
        if not any(self._history.values()):  # no step yet
            return
        start = self._clock()
        try:
            self._show()
        except Exception as error:  # whatever it is, the training is worth more
            if not self._complained:
                reason = f"{type(error).__name__}: {excerpt(error)}"
                tqdm.write(f"The training goes on, but could not be drawn ({reason}).")
            self._complained = True
        end = self._clock()
        self._spent += end - start
        next_one = self._spent + (end - start)  # when that is drawn, too
        self._due = max(end + self._pause, self._start + PATIENCE * next_one)

    def _draw_it(self) -> None:
        png = picture_of(self._draw, self._history)
        self._display({"image/png": png, "text/plain": "a picture of the training"}, raw=True)
        self._display = self._output.update

    def _print(self) -> None:
        """Say the last number of each list, without bursting a progress bar."""
        last = [
            f"{name.replace('_', ' ')} {values[-1]:.3g}"
            for name, values in self._history.items()
            if isinstance(values, list) and values and name not in ("learning_rate", "seconds")
        ]
        tqdm.write(f"{self._share_done:.0%} done: {', '.join(last)}")


def in_notebook() -> bool:
    """Whether a kernel runs this, so that there is a cell to show pictures in."""
    return hasattr(get_ipython(), "kernel")


def picture_of(draw: Callable[[dict[str, Any]], Figure], history: dict[str, Any]) -> str:
    """The figure as a base64 PNG, closed: a notebook shows once more what a cell leaves open."""
    open_before = set(plt.get_fignums())
    try:
        figure = draw(history)
        png = io.BytesIO()
        figure.savefig(png, format="png")
        plt.close(figure)
    finally:
        for number in set(plt.get_fignums()) - open_before:
            plt.close(number)
    return base64.b64encode(png.getvalue()).decode()
