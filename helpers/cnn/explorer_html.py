"""What a convolution computes at one place of the window, as one piece of HTML."""

import numpy as np

from .pixel_map import diverging, greys

WINDOW, POOL = "#009e73", "#b4508c"  # frames: the same thing has the same colour wherever it stands


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
    k, (row, column) = len(kernel), place
    products, strongest = window * kernel, float(np.abs(kernel).max())
    total = float(products.sum())
    response, best = total + bias, float(block.max())
    maximum = block == best
    weigh, respond = lambda v: diverging(v, strongest), lambda v: diverging(v, limit)
    steps = (
        _step("", "Window: pixels", "cx-window", window, greys(window))
        + _step("×", "Kernel: weights", "cx-kernel", kernel, weigh(kernel))
        + _step("=", "Products", "cx-products", products, weigh(products))
    )
    results = (
        _step("", f"Sum of all {k * k}", "cx-sum", total, respond(total))
        + _step("+", "Bias", "cx-bias", bias, respond(bias))
        + _step("=", "Response", "cx-response cx-window", response, respond(response))
        + _step("→", "ReLU", "cx-relu", max(response, 0), respond(max(response, 0)))
        + _step("→", "2 × 2 of them", "cx-block", block, respond(block), maximum)
        + _step("→", "Maximum", "cx-maximum", best, respond(best))
    )
    said = (
        f"image[{row}:{row + k}, {column}:{column + k}] gives response[{row}, {column}] = "
        f"{number(response)}, {number(max(response, 0))} after ReLU; "
        f"pooled[{row // 2}, {column // 2}] = {number(best)}."
    )
    return (
        f'<div class="cx-steps" data-seq="{sequence}" data-place="{row} {column}">{steps}</div>'
        f'<div class="cx-steps">{results}</div><div class="dp-status" role="status">{said}</div>'
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
    best: np.ndarray | None = None,
) -> str:
    """A sign and what follows it: a table of one number or of (n, n), in `colors` (n, n, 3)."""
    values = np.atleast_2d(values)
    colors = colors.reshape(*values.shape, 3)
    bold = np.zeros(values.shape, bool) if best is None else best
    rows = "".join(
        "<tr>" + "".join(map(_cell, *row)) + "</tr>"
        for row in zip(values, colors, bold, strict=True)
    )
    return (
        f'<div class="cx-step"><span class="cx-sign">{sign}</span>'
        f'<table class="{name} cx-{len(values)}"><caption>{caption}</caption>{rows}</table></div>'
    )


def _cell(value: float, color: np.ndarray, best: bool) -> str:
    linear = (color / 255) ** 2.2  # its luminance, as WCAG 2 has it but for the darkest tones
    ink = "#fff" if linear @ [0.2126, 0.7152, 0.0722] < 0.179 else "#000"
    style = f"background:rgb({','.join(map(str, color.tolist()))});color:{ink}"
    kind = ' class="cx-best"' if best else ""
    return f'<td{kind} style="{style}">{number(value)}</td>'
