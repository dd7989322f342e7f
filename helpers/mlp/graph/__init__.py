"""A small network drawn as a graph, to step through: numbers go forward, gradients come back."""

from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from ... import LabError
from .backprop import LARGEST, after_descent, check_given, check_size, numbers_and_gradients
from .drawing import GraphDrawing
from .notation import by_name, formula_html, symbols
from .steps import all_steps


class BackpropGraph:
    """The graph of a 2 - 2 ReLU - 3 softmax network, its passes step by step, as HTML for a page.

    Once it is shown it needs no kernel: a script in the page does the stepping.
    """

    def __init__(
        self,
        x: ArrayLike = (0.5, 1.0),
        w: ArrayLike = ((0.6, -0.4), (0.8, -0.9)),
        b: ArrayLike = (0.1, 0.2),
        v: ArrayLike = ((0.5, 0.25, -0.5), (0.7, -0.2, 0.4)),
        c: ArrayLike = (0.1, 0.0, -0.1),
        y: ArrayLike = (0, 0, 1),
        learning_rate: float = 0.5,
    ) -> None:
        """Compute everything; raises LabError for other shapes, or numbers that nobody can follow.

        The hidden sums are z = x @ w + b, the logits s = max(0, z) @ v + c; y holds a 1 at the true
        class.
        """
        given = check_given({"x": x, "w": w, "b": b, "v": v, "c": c, "y": y})
        if not 0 < learning_rate <= 100:
            raise LabError("learning_rate must be above 0 and at most 100.")
        numbers, gradients = numbers_and_gradients(given)
        new = numbers_and_gradients(after_descent(numbers, gradients, learning_rate))[0]
        powers = {"e": np.exp(np.minimum(numbers["s"], LARGEST / 2))}
        check_size(numbers, gradients, new, powers)
        self.values = by_name(numbers | powers) | by_name(gradients, "d") | by_name(new, "+")
        self.steps = all_steps(self.values, learning_rate)

    def _repr_html_(self) -> str:
        style, script = (
            Path(__file__).with_name(f"graph.{kind}").read_text() for kind in ("css", "js")
        )
        says = "".join(self.step_html(i) for i in range(len(self.steps)))
        drawing = GraphDrawing(self.values, self.steps).svg()
        return (
            f'<style>{style}</style><div class="bp-box"><div class="bp-card">'
            f'<div class="bp-says" aria-live="polite">{says}</div>'
            '<div class="bp-scroll" tabindex="0" role="group" aria-label="Graph: arrow keys step">'
            f"{drawing}</div>"
            '<div class="bp-key"><b class="bp-v">0.60</b> a number; below it '
            '<b class="bp-g">−0.40</b> the gradient of the loss for it</div>'
            '<div class="bp-controls"><button type="button">◀ Back</button>'
            '<button type="button">Next ▶</button><button type="button">Play</button>'
            f'<input type="range" min="0" max="{len(self.steps) - 1}" value="0" aria-label="Step">'
            f"</div></div></div><script>{script}</script>"
        )

    def step_html(self, i: int) -> str:
        phase, _, lit, formula, words = self.steps[i]
        return (
            f'<div data-phase="{phase}" data-lit="{" ".join(lit)}"{" class=bp-now" * (i == 0)}>'
            f'<div class="bp-phase">{phase} · step {i} of {len(self.steps) - 1}</div>'
            f'<div class="bp-formula">{formula_html(formula, self.values)}</div>'
            f'<div class="bp-words">{symbols(words)}</div></div>'
        )
