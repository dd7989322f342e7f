"""A convolution to click through: one place of the window after another, with its numbers."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from ipywidgets import HTML, DOMWidget, HBox, Label
from numpy.typing import ArrayLike

from .. import LabError
from ..panel import Panel
from .explorer_html import POOL, WINDOW, explorer_html
from .pixel_map import PixelMap, diverging, greys

LOOKS = Path(__file__).with_name("explorer.css")
CELL = 20  # canvas pixels of a pixel, shown smaller: HiDPI screens stay sharp
KERNELS = (1, 3, 5, 7)  # with a pixel in the middle, and numbers that fit side by side
ARROWS = {"left": (0, -1), "up": (-1, 0), "down": (1, 0), "right": (0, 1)}


class ConvolutionExplorer(Panel):
    """A digit under a kernel: a click shows the window, the products, the sum, ReLU and pooling.

    `image` is uint8 (28, 28), scaled to 0..1 here; `kernel` (k, k), learnt or made up, with k = 1,
    3, 5 or 7. The window moves by one pixel and stays within the image, so the response has 29 - k
    rows and columns. Begins where it is strongest. Raises LabError for other images and kernels.
    """

    def __init__(self, image: np.ndarray, kernel: ArrayLike | torch.Tensor, bias: float = 0.0):
        super().__init__(LOOKS)
        self.pixels, self.kernel, self.bias = _checked(image, kernel, bias)
        windows = np.lib.stride_tricks.sliding_window_view(self.pixels, self.kernel.shape)
        self.response = (windows * self.kernel).sum((2, 3)) + self.bias
        self._n = n = len(self.response)
        self.activation = np.maximum(self.response, 0)
        self.pooled = self.activation.reshape(n // 2, 2, n // 2, 2).max((1, 3))
        self._limit, self._updates = float(np.abs(self.response).max()), 0
        limit = self._limit
        self.input_map = self._map("Input", greys(self.pixels), self._center)
        self.response_map = self._map("Response", diverging(self.response, limit), self.move_to)
        self.pooled_map = self._map("Pooled", diverging(self.pooled, limit), self._to_maximum, 2)
        self._maps = [self.input_map, self.response_map, self.pooled_map]
        self.buttons = [
            self.button("", f"arrow-{name}", f"Move the window {name}", partial(self._step, step))
            for name, step in ARROWS.items()
        ]
        for here, after in zip(self._maps, [*self._maps[1:], None], strict=True):
            target = after.canvas if after else self.buttons[0]
            here.canvas.on_key_down(self.guarded(partial(self._press_key, target)))
        self.steps = HTML()
        arrows = HBox([Label("Click, drag, or move the window:"), *self.buttons]).add_class(
            "cx-arrows"
        )
        maps = HBox([m.captioned for m in self._maps]).add_class("cx-maps")
        self.add_class("conv-explorer")
        self.show(maps, arrows, self.steps, self.status)
        self.move_to(*np.unravel_index(self.response.argmax(), self.response.shape))

    def __repr__(self) -> str:  # stands where no widget can be shown
        return "ConvolutionExplorer (run the notebook in Jupyter to click here)"

    def move_to(self, row: int, column: int) -> None:
        """Put the window's upper left corner there, or as near as it gets within the image."""
        row, column = (int(np.clip(at, 0, self._n - 1)) for at in (row, column))
        k, top, left = len(self.kernel), row - row % 2, column - column % 2
        self.place = row, column
        self.input_map.draw((row, column, k, WINDOW))
        self.response_map.draw((top, left, 2, POOL), (row, column, 1, WINDOW))
        self.pooled_map.draw((top // 2, left // 2, 1, POOL))
        self._updates += 1
        self.steps.value = explorer_html(
            self.pixels[row : row + k, column : column + k],
            self.kernel,
            self.bias,
            self.activation[top : top + 2, left : left + 2],
            self.place,
            self._limit,
            self._updates,
        )
        self.say("")

    def _map(self, name: str, colors: np.ndarray, pick: Callable, scale: int = 1) -> "PixelMap":
        return PixelMap(name, colors, CELL * scale, pick, self.guarded)

    def _center(self, row: int, column: int) -> None:
        self.move_to(row - len(self.kernel) // 2, column - len(self.kernel) // 2)

    def _to_maximum(self, row: int, column: int) -> None:
        block = self.response[2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
        self.move_to(2 * row + block.argmax() // 2, 2 * column + block.argmax() % 2)

    def _step(self, step: tuple[int, int]) -> None:
        self.move_to(self.place[0] + step[0], self.place[1] + step[1])

    def _press_key(self, after: DOMWidget, key: str, *modifiers: bool) -> None:
        if key == "Tab":  # else no key would leave the canvas
            after.focus()
        elif step := ARROWS.get(key.removeprefix("Arrow").lower()):
            self._step(step)


def _checked(image: object, kernel: object, bias: float) -> tuple[np.ndarray, np.ndarray, float]:
    """The pixels, 0..1 (28, 28), the kernel, float (k, k), and the bias; LabError for others."""
    image = np.asarray(image)
    if image.dtype != np.uint8 or image.shape != (28, 28):
        raise LabError(
            "image must be uint8 (28, 28), ink 255 on paper 0, as train_images[0] is, not "
            f"{image.dtype} {image.shape}."
        )
    try:
        weights = torch.as_tensor(kernel, dtype=torch.float64).detach().cpu()
        kernel, bias = weights.numpy().copy(), float(bias)
    except (TypeError, ValueError, RuntimeError):
        raise LabError("kernel must be a square array of numbers, and bias a number.") from None
    if kernel.shape not in [(k, k) for k in KERNELS]:
        raise LabError(f"kernel must be (k, k) with k = 1, 3, 5 or 7, not {kernel.shape}.")
    if not np.isfinite([*kernel.flat, bias]).all():
        raise LabError("kernel and bias must be finite numbers: there is a NaN or an infinity.")
    return image / 255, kernel, bias
