"""The graph of notebook 03: its numbers and gradients, and what it says of them."""

import html
import re

import numpy as np
import pytest
import torch
from torch import tensor

from helpers import LabError
from helpers.mlp import BackpropGraph
from helpers.mlp.graph.backprop import SHAPES, numbers_and_gradients
from helpers.mlp.graph.notation import decimals, formula_html

DEFAULT = BackpropGraph()
PATHS = {f"s{i}p{k}" for i in "123" for k in "123"} | {"z1h1", "z2h2", "p3L"}


def drawn(seed: int) -> dict[str, np.ndarray]:
    """A network by chance, a third of whose units are off."""
    rng = np.random.default_rng(seed)
    given = {name: rng.normal(0, 1, shape).round(2) for name, shape in SHAPES.items()}
    return given | {"y": np.eye(3)[seed % 3]}


@pytest.mark.parametrize("seed", range(6))
def test_every_number_and_gradient_is_that_of_autograd(seed):
    given = drawn(seed)
    numbers, gradients = numbers_and_gradients(given)
    t = {name: tensor(array, requires_grad=name not in "xy") for name, array in given.items()}
    t["z"] = t["x"] @ t["w"] + t["b"]
    t["h"] = torch.relu(t["z"])
    t["s"] = t["h"] @ t["v"] + t["c"]
    t["p"] = torch.softmax(t["s"], 0)
    t["L"] = -(t["y"] * t["p"].log()).sum()
    for name in "zhsp":
        t[name].retain_grad()
    t["L"].backward()
    assert numbers.keys() == t.keys() and gradients.keys() == set("pscvhzwb")
    for name, array in numbers.items():
        np.testing.assert_allclose(array, t[name].detach(), rtol=1e-12, atol=1e-15, err_msg=name)
    for name, array in gradients.items():
        np.testing.assert_allclose(array, t[name].grad, rtol=1e-12, atol=1e-15, err_msg=name)


def test_one_unit_of_the_default_is_off_and_the_descent_lowers_the_loss():
    n = DEFAULT.values
    assert n["h1"] > 0 and n["h2"] == 0 and n["dh2"] != 0 and n["dz2"] == n["dw12"] == 0
    assert n["+L"] < n["L"] / 2
    parameters = [name for name in n if name[0] in "wbvc"]
    assert len(parameters) == 15
    for name in parameters:
        assert n[f"+{name}"] == pytest.approx(n[name] - 0.5 * n[f"d{name}"])


RISES = {
    **{"x": (0.8, -1.0), "w": ((-1.6, 0.0), (-3.0, 0.4)), "b": (1.4, 0.6), "c": (0.7, -0.3, 0.1)},
    **{"v": ((-3.0, 0.0, -0.8), (2.4, -0.4, 0.2)), "learning_rate": 3},
}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "the loss fell."),
        (RISES, "the loss rose: the learning rate is too large."),
        ({"c": (-500, -500, 6), "v": np.zeros((2, 3))}, "the loss is what it was: the slopes"),
    ],
)
def test_the_last_step_says_what_became_of_the_loss(given, words):
    assert words in BackpropGraph(**given).steps[-1].words


@pytest.mark.parametrize("seed", range(6))
def test_each_number_and_gradient_appears_once_and_the_text_says_it(seed):
    graph = BackpropGraph(learning_rate=0.1, **drawn(seed))
    shown = [name for step in graph.steps for name in step.shown]
    computed = {name for name in graph.values if name[0] in "zhspLd"}
    assert len(shown) == len(set(shown)) and set(shown) == computed
    said = [plain(formula_html(step.formula, graph.values)) for step in graph.steps]
    for step, text in zip(graph.steps, said, strict=True):
        if step.shown and step.shown[0] != "dp1":  # that one is about the true class alone
            assert text.endswith(f"= {decimals(graph.values[step.shown[0]])}"), text
    assert said[-1].endswith(f"before {decimals(graph.values['L'])}")


def test_formulas_read_as_they_are_written_by_hand():
    said = [plain(formula_html(step.formula, DEFAULT.values)) for step in DEFAULT.steps]
    assert said[2] == "z₂ = w₁₂ x₁ + w₂₂ x₂ + b₂ = −0.40 × 0.50 + (−0.90) × 1.00 + 0.20 = −0.90"
    assert said[8] == "p₁ = eˢ / (eˢ + eˢ + eˢ) = 2.01 / (2.01 + 1.35 + 0.50) = 0.52"
    assert said[25] == "∂L/∂z₂ = ∂L/∂h₂ × 0 = −0.05 × 0 = 0"
    assert said[30] == "v₁₃ ← v₁₃ − η ∂L/∂v₁₃ = −0.50 − 0.5 × (−1.05) = 0.02"


def plain(page: str) -> str:
    """What is seen of it."""
    page = re.sub("<sup>s.</sup>", "ˢ", page)
    return html.unescape(re.sub("<.*?>", "", page)).replace("\xa0", " ")


def test_what_lights_up_is_in_the_drawing():
    page = DEFAULT._repr_html_()
    drawn_names = set(re.findall('data-name="(.*?)"', page))
    lit = {name for step in DEFAULT.steps for name in step.lit}
    assert lit <= drawn_names and drawn_names >= PATHS
    assert "http" not in page.replace("http://www.w3.org", "")  # nothing comes from elsewhere


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"w": [1, 2, 3]}, r"w has the shape \(3,\): give numbers of shape \(2, 2\)"),
        ({"x": "ab"}, "x must be numbers"),
        ({"v": [[1, 2], [3]]}, "v must be numbers"),
        ({"y": (0, 0.5, 0.5)}, "y must hold a 1"),
        ({"b": (np.nan, 0)}, "smaller inputs"),
        ({"x": (np.inf, 0), "w": np.zeros((2, 2))}, "smaller inputs"),
        ({"c": (9, 9, 9)}, "smaller inputs"),
        ({"c": (900, 0, 0)}, "smaller inputs"),  # the true class has no probability
        ({"w": [[1e3, 0], [0, 0]]}, "smaller inputs"),
        ({"learning_rate": 0}, "learning_rate must be above 0"),
        ({"learning_rate": float("nan")}, "learning_rate must be above 0"),
    ],
)
def test_what_cannot_be_followed_is_refused_in_one_sentence(wrong, reason):
    with pytest.raises(LabError, match=reason):
        BackpropGraph(**wrong)
