"""What is computed in each step of a forward and a backward pass, with the numbers put in."""

from collections.abc import Iterator
from typing import NamedTuple

from .notation import Named, true_class


class Step(NamedTuple):
    """A step: what is `shown` from then on ("z1", or "dz1" for its gradient), what lights up.

    Formula and words are in plain names, as `formula_html` takes them.
    """

    phase: str
    shown: tuple[str, ...]
    lit: tuple[str, ...]
    formula: str
    words: str


def all_steps(values: Named, learning_rate: float) -> list[Step]:
    """Every step; `values` are the numbers, and their signs and zeros decide what there is to say.

    The formulas ask for "z1" and such, for gradients "dz1", for "+z1" after the descent, and for
    exp(s1) as "e1".
    """
    true = true_class(values)
    return [
        start(true),
        *forward_steps(values, true),
        *logit_steps(true),
        *(weight_step(values, f"v{j}{k}", f"h{j}", f"s{k}") for j in "12" for k in "123"),
        *hidden_steps(values),
        *(weight_step(values, f"w{i}{j}", f"x{i}", f"z{j}") for i in "12" for j in "12"),
        *descent_steps(values, true, learning_rate),
    ]


def start(true: str) -> Step:
    words = "w12 leads from x1 to z2, v12 from h1 to s2. Computed in full, shown in two decimals."
    formula = f"x1 = [x1], x2 = [x2]; the true class is {true}: y{true} = 1"
    return Step("Start", (), (), formula, words)


def forward_steps(values: Named, true: str) -> Iterator[Step]:
    for j in "12":
        yield sum_step(f"z{j}", f"b{j}", [(f"w{i}{j}", f"x{i}") for i in "12"])
    for j in "12":
        words = "ReLU: what is positive passes unchanged."
        if values[f"h{j}"] == 0:
            words = "ReLU: what is negative becomes 0. This unit is off."
        formula = f"h{j} = max(0, z{j}) = max(0, [z{j}]) = [h{j}]"
        yield Step("Forward", (f"h{j}",), (f"h{j}", f"z{j}h{j}"), formula, words)
    for k in "123":
        yield sum_step(f"s{k}", f"c{k}", [(f"v{j}{k}", f"h{j}") for j in "12"])
    for k in "123":
        total = "(e<sup>s1</sup> + e<sup>s2</sup> + e<sup>s3</sup>)"
        formula = f"p{k} = e<sup>s{k}</sup> / {total} = [e{k}] / ([e1] + [e2] + [e3]) = [p{k}]"
        words = "Softmax: the share of this logit's exponential in the sum of all three."
        yield Step("Forward", (f"p{k}",), (f"p{k}", *(f"s{i}p{k}" for i in "123")), formula, words)
    words = "Cross-entropy: the less probable the true class, the larger the loss."
    formula = f"L = −ln p{true} = −ln [p{true}] = [L]"
    yield Step("Forward", ("L",), ("L", f"p{true}L"), formula, words)


def sum_step(out: str, bias: str, terms: list[tuple[str, str]]) -> Step:
    names = " + ".join(f"{weight}&nbsp;{source}" for weight, source in terms)
    products = " + ".join(f"[{weight}]×[{source}]" for weight, source in terms)
    formula = f"{out} = {names} + {bias} = {products} + [{bias}] = [{out}]"
    words = "Every input times its weight, added up, and a bias."
    return Step("Forward", (out,), (out, bias, *(weight for weight, _ in terms)), formula, words)


def logit_steps(true: str) -> Iterator[Step]:
    p = f"p{true}"
    others = " and ".join(f"p{k}" for k in "123" if k != true)
    words = f"The derivative of −ln {p}. The loss does not ask for {others}: their gradient is 0."
    formula = f"d{p} = −1 / {p} = −1 / [{p}] = [d{p}]"
    yield Step("Backward", ("dp1", "dp2", "dp3"), (p, f"{p}L"), formula, words)
    for k in "123":
        change, y, verb = f"(−{p}&nbsp;p{k})", 0, "lower"
        if k == true:
            change, y, verb = f"{p}&nbsp;(1 − {p})", 1, "raise"
        formula = f"ds{k} = d{p} × ∂{p}/∂s{k} = −1/{p} × {change}"
        formula += f" = p{k} − y{k} = [p{k}] − {y} = [ds{k}]"
        words = f"To lower the loss, {verb} s{k}. Its bias has the same gradient."
        lit = (f"s{k}", f"c{k}", f"s{k}{p}")
        yield Step("Backward", (f"ds{k}", f"dc{k}"), lit, formula, words)


def weight_step(values: Named, weight: str, source: str, out: str) -> Step:
    words = "The number where this edge starts, times the gradient where it ends."
    if values[source] == 0:
        words = f"{source} is 0: whatever {weight} is, the loss stays. It learns nothing here."
    elif values[f"d{out}"] == 0:
        words = f"No gradient arrives at {out}: {weight} learns nothing from this example."
    formula = f"d{weight} = {source} × d{out} = [{source}]×[d{out}] = [d{weight}]"
    return Step("Backward", (f"d{weight}",), (weight,), formula, words)


def hidden_steps(values: Named) -> Iterator[Step]:
    for j in "12":
        names = " + ".join(f"v{j}{k}&nbsp;ds{k}" for k in "123")
        products = " + ".join(f"[v{j}{k}]×[ds{k}]" for k in "123")
        words = f"Three ways lead from h{j} to the loss: their gradients add up."
        formula = f"dh{j} = {names} = {products} = [dh{j}]"
        lit = (f"h{j}", *(f"v{j}{k}" for k in "123"))
        yield Step("Backward", (f"dh{j}",), lit, formula, words)
    for j in "12":
        slope, words = 1, f"z{j} is positive: ReLU passes the gradient. The bias gets the same."
        if values[f"h{j}"] == 0:
            slope, words = (
                0,
                f"z{j} is not positive: ReLU stops the gradient, for the bias, too.",
            )
        formula = f"dz{j} = dh{j} × {slope} = [dh{j}] × {slope} = [dz{j}]"
        lit = (f"z{j}", f"b{j}", f"z{j}h{j}")
        yield Step("Backward", (f"dz{j}", f"db{j}"), lit, formula, words)


def descent_steps(values: Named, true: str, learning_rate: float) -> Iterator[Step]:
    parameters = [name for name in values if name[0] in "wbvc"]
    most = max(parameters, key=lambda name: abs(values[f"d{name}"]))
    formula = f"{most} ← {most} − η d{most} = [{most}] − {learning_rate:g}×[d{most}] = [+{most}]"
    words = f"Gradient descent: all weights and biases at once. Learning rate η: {learning_rate:g}."
    yield Step("Descent", (), tuple(parameters), formula, words)
    formula = f"L = −ln p{true} = −ln [+p{true}] = [+L], before [L]"
    change = "fell" if values["+L"] < values["L"] else "rose: the learning rate is too large"
    if values["+L"] == values["L"]:
        change = "is what it was: the slopes are as good as 0"
    words = f"Forward again, with the new weights: the loss {change}."
    nodes = tuple(name for name in values if name[0] in "zhspL")
    yield Step("Forward", (), nodes, formula, words)
