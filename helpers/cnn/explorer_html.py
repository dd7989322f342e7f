"""What a convolution computes at one place of the window, as one piece of HTML."""

import numpy as np

from .pixel_map import diverging, greys

WINDOW, POOL = "#009e73", "#b4508c"  # frames: the same thing has the same colour wherever it stands
KEY = (
    "In the input black is 1; elsewhere orange is above 0, blue below. White is 0. Numbers are "
    "rounded."
)


def explorer_html(
    window: np.ndarray,
    kernel: np.ndarray,
    bias: float,
    block: np.ndarray,
    place: tuple[int, int],
    limit: float,
    sequence: int,
) -> str:
    """HTML with the arithmetic at `place`, (row, column) of the response.

    `window` (k, k) holds the pixels under the kernel, 0..1, and `block` (2, 2) the activations that
    pooling looks at; the colours of responses reach to `limit`. `sequence` numbers the updates and
    stands in `data-seq`.
    """
    products, strongest = window * kernel, float(np.abs(kernel).max())
    total, best = float(products.sum()), float(block.max())
    response, activation = total + bias, max(total + bias, 0)
    here = np.zeros((2, 2), bool)
    here[place[0] % 2, place[1] % 2] = True
    weigh, respond = lambda v: diverging(v, strongest), lambda v: diverging(v, limit)
    steps = (
        _step("", "Window: pixels", "cx-window", window, greys(window))
        + _step("×", "Kernel: weights", "cx-kernel", kernel, weigh(kernel))
        + _step("=", "Products", "cx-products", products, weigh(products))
    )
    results = (
        _step("", "Sum", "cx-sum", total, respond(total))
        + _step("+", "Bias", "cx-bias", bias, respond(bias))
        + _step("=", "Response", "cx-response cx-window", response, respond(response))
        + _step("→", "ReLU", "cx-relu", activation, respond(activation))
        + _step("→", "2 × 2 block", "cx-block cx-pool", block, respond(block), here)
        + _step("→", "Maximum", "cx-maximum cx-pool", best, respond(best))
    )
    said = _sentence(*place, len(kernel), response, activation, best)
    return (
        f'<div class="cx-steps" data-seq="{sequence}" data-place="{place[0]} {place[1]}">{steps}'
        f'</div><div class="cx-steps">{results}</div>'
        f'<div class="dp-status" role="status">{said}</div><div class="dp-label">{KEY}</div>'
    )


def _sentence(
    row: int, column: int, k: int, response: float, activation: float, best: float
) -> str:
    """What NumPy would call the values, for whoever computes them, and for assistive tools."""
    return (
        f"image[{row}:{row + k}, {column}:{column + k}] gives response[{row}, {column}] = "
        f"{number(response)}, {number(activation)} after ReLU; "
        f"pooled[{row // 2}, {column // 2}] = {number(best)}."
    )


def number(value: float) -> str:
    """With two decimals and a true minus sign, and no minus before a zero."""
    return f"{round(float(value), 2) + 0.0:.2f}".replace("-", "−")


def _step(
    sign: str,
    caption: str,
    name: str,
    values: np.ndarray | float,
    colors: np.ndarray,
    here: np.ndarray | None = None,
) -> str:
    """A sign and what follows it: a table of one number or of (n, n), in `colors` (n, n, 3)."""
    values = np.atleast_2d(values)
    colors = colors.reshape(*values.shape, 3)
    marked = np.zeros(values.shape, bool) if here is None else here
    rows = "".join(
        "<tr>" + "".join(map(_cell, *row)) + "</tr>"
        for row in zip(values, colors, marked, strict=True)
    )
    return (
        f'<div class="cx-step"><span class="cx-sign">{sign}</span>'
        f'<table class="{name} cx-{len(values)}"><caption>{caption}</caption>{rows}</table></div>'
    )


def _cell(value: float, color: np.ndarray, here: bool) -> str:
    linear = (color / 255) ** 2.2  # its luminance, as WCAG 2 has it but for the darkest tones
    ink = "#fff" if linear @ [0.2126, 0.7152, 0.0722] < 0.179 else "#000"
    style = f"background:rgb({','.join(map(str, color.tolist()))});color:{ink}"
    kind = ' class="cx-here"' if here else ""
    return f'<td{kind} style="{style}">{number(value)}</td>'
