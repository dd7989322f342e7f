"""The pad to draw digits on: a thin layer over `rasterize` and whatever reads its image."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from ipywidgets import HTML, HBox, Layout, ToggleButton, ToggleButtons, VBox

from .. import LabError
from ..panel import Panel, sentence
from ..recogniser import Recogniser
from ..strokes import INK_WIDTH, rasterize
from .canvas import PEN, SIDE, Ink
from .prediction_html import prediction_html

LOOKS = Path(__file__).with_name("pad.css")
PENS = {"thin": 28.0, "medium": float(PEN), "thick": 60.0}  # canvas pixels
LIVE = 0.1  # seconds at least from one reading to the next while the pen moves
Saliency = Callable[[Any, np.ndarray], np.ndarray]  # Any: recognisers of the class it looks into
NOTHING = "Nothing is drawn yet: draw a digit first."
HINT = "Draw a digit with the mouse, a pen or a finger. Keys: U undo, C clear, P predict."


class DrawingPad(Panel):
    """A canvas to draw a digit on, with what one or several recognisers read while it is drawn.

    `models` is a recogniser (anything with `predict_proba`) or a dict of them by name. With
    `saliency`, a function of the first of them and images (N, 28, 28) that gives maps from 0 to 1
    of the same shape, a button shows where it looked. Without a browser, `replay`, `strokes`,
    `image` and `predict` work all the same.
    """

    def __init__(
        self, models: Recogniser | Mapping[str, Recogniser], saliency: Saliency | None = None
    ):
        super().__init__(LOOKS)
        self._several = isinstance(models, Mapping)
        self._readers = dict(models) if isinstance(models, Mapping) else {"": models}
        self._saliency = saliency
        self._updates, self._last_read = 0, -LIVE
        self._timer: asyncio.TimerHandle | None = None
        self._ink = Ink(self._changed, self.guarded)
        self.canvas = self._ink.canvas
        self.result = HTML()

        self.undo_button = self.button("Undo", "undo", "Take the last stroke back (U)", self.undo)
        self.clear_button = self.button("Clear", "trash", "An empty canvas (C or Q)", self.clear)
        self.predict_button = self.button("Predict", "refresh", "Read it again (P)", self._ask)
        self._shortcuts = {"u": self.undo, "c": self.clear, "q": self.clear, "p": self._ask}
        self._shortcuts["tab"] = self.undo_button.focus  # else no key would leave the canvas
        self.canvas.on_key_down(self.guarded(self._press_key))
        self.pen = ToggleButtons(options=PENS, value=PEN, description="Pen").add_class("dp-pen")
        self.pen.observe(self.guarded(lambda change: self._set_pen(change["new"])), "value")
        self.look = ToggleButton(description="Where it looked", icon="eye", disabled=not saliency)
        self.look.tooltip = "Colour the pixels that count most for the answer"
        self.look.observe(self.guarded(lambda _: self._read()), "value")

        buttons = HBox([self.undo_button, self.clear_button, self.predict_button])
        tools = [self.pen, *([self.look] if saliency else [])]
        left = VBox([self.canvas, buttons, *tools], layout=Layout(width=f"{SIDE // 2}px"))
        self.show(HBox([left, VBox([self.result, self.status])]))
        self.add_class("digit-pad")
        self.clear()

    def __repr__(self) -> str:  # stands where no widget can be shown
        return "DrawingPad (run the notebook in Jupyter to draw here)"

    @property
    def models(self) -> dict[str, Recogniser]:
        """The recognisers by name (a single one is called "")."""
        return dict(self._readers)

    @property
    def strokes(self) -> list[np.ndarray]:
        """What was drawn: float arrays (n_points, 2) in canvas pixels, x right and y down."""
        return self._ink.arrays()

    @property
    def image(self) -> np.ndarray:
        """What the recognisers see: uint8 (28, 28), a thicker pen giving thicker ink."""
        return rasterize(self.strokes, INK_WIDTH * self._ink.width / PEN)

    def predict(self) -> np.ndarray | dict[str, np.ndarray]:
        """Probabilities of the ten digits, (10,); a dict of them by name for a dict of models.

        Raises LabError when nothing is drawn or a recogniser does not give ten probabilities.
        """
        if not self._ink.strokes:
            raise LabError(NOTHING)
        answers = self._answers(self.image)
        return answers if self._several else answers[""]

    def replay(self, strokes: Iterable[np.ndarray]) -> None:
        """Replace the drawing by `strokes`, arrays (n_points, 2) in canvas pixels, and read it."""
        with self._lock:
            self._ink.replace(strokes)

    def undo(self) -> None:
        """Take the last stroke back."""
        self.replay(self.strokes[:-1])

    def clear(self) -> None:
        """Start again with an empty canvas."""
        self.replay([])

    def use(self, name: str, model: Recogniser) -> None:
        """From now on read with `model` in the place of the recogniser called `name`."""
        with self._lock:
            self._readers[name] = model
            self._read()

    def _press_key(self, key: str, shift: bool, control: bool, meta: bool) -> None:
        action = self._shortcuts.get(key.lower())
        if action and not control and not meta:
            action()

    def _set_pen(self, width: float) -> None:
        self._ink.width = width
        self._ink.redraw()
        self._changed(not self._ink.pen_down)

    def _ask(self) -> None:
        self._read()
        if not self._ink.strokes:
            raise LabError(NOTHING)

    def _changed(self, settled: bool) -> None:
        """Read at once what is settled; what still moves, when `LIVE` seconds have passed."""
        wait = self._last_read + LIVE - time.monotonic()
        if settled or wait <= 0:
            self._read(settled)
        elif self._timer is None:
            with contextlib.suppress(RuntimeError):  # no loop runs: the next move or release reads
                loop = asyncio.get_running_loop()
                self._timer = loop.call_later(wait, self.guarded(self._read_late))

    def _read_late(self) -> None:
        if self._timer:
            self._read(settled=False)

    def _read(self, settled: bool = True) -> None:
        if self._timer:
            self._timer.cancel()
        image, answers, heat, problem = self.image, {}, None, ""
        try:
            if self._ink.strokes:
                answers = self._answers(image)
                if self._saliency and self.look.value and settled:
                    first = next(iter(self._readers.values()))
                    heat = self._saliency(first, image[None])[0]
        except Exception as error:
            problem = sentence(error)
        self._updates += 1
        self.result.value = prediction_html(
            image, self._readers, answers, self._updates, heat=heat, settled=settled
        )
        self.say(problem or ("" if self._ink.strokes else HINT), bool(problem))
        self._timer, self._last_read = None, time.monotonic()

    def _answers(self, image: np.ndarray) -> dict[str, np.ndarray]:
        return {name: ask(reader, image) for name, reader in self._readers.items()}


def ask(model: Recogniser, image: np.ndarray) -> np.ndarray:
    """The probabilities (10,) that a recogniser gives an image (28, 28); LabError for others."""
    proba = np.asarray(model.predict_proba(image[None]), float)
    if proba.shape != (1, 10) or not np.isfinite(proba).all():
        raise LabError(f"{type(model).__name__} does not give ten probabilities.")
    return proba[0]
