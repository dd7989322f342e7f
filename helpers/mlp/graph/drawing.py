"""The graph as SVG: all that is ever to be seen in it, each number with the steps that show it."""

from collections.abc import Iterator
from itertools import product

from .notation import Named, decimals, symbols, true_class
from .steps import Step

COLUMNS = {"x": 34, "z": 162, "h": 246, "s": 386, "p": 478, "L": 548}
HEADINGS = ("inputs", "sums", "ReLU", "logits", "softmax", "loss")
ROWS = {1: (240,), 2: (138, 342), 3: (88, 240, 392)}  # by how many stand in a column
COUNTS = {"x": 2, "z": 2, "h": 2, "s": 3, "p": 3, "L": 1}
WIDTH, HEIGHT, RADIUS, LINE = 582, 454, 20, 17
ALONG = {"w": 0.38, "v": 0.33}  # where on its edge a weight stands, clear of all the others
EDGES = {  # from which node to which; with a weight, what that is called
    **{f"w{i}{j}": (f"x{i}", f"z{j}") for i, j in product("12", "12")},
    **{f"z{j}h{j}": (f"z{j}", f"h{j}") for j in "12"},
    **{f"v{j}{k}": (f"h{j}", f"s{k}") for j, k in product("12", "123")},
    **{f"s{i}p{k}": (f"s{i}", f"p{k}") for i, k in product("123", "123")},
}
LABEL = (
    "Graph of a network: two inputs, two sums, two ReLU units, three logits, three probabilities, "
    "one loss. Numbers go from left to right, gradients back; the text above says each step."
)


class GraphDrawing:
    """The numbers, their gradients and what they are after the descent, where they belong."""

    def __init__(self, values: Named, steps: list[Step]) -> None:
        self.values = values
        self.appears = {name: i for i, step in enumerate(steps) for name in step.shown}
        self.last = len(steps) - 1
        true = true_class(values)
        self.edges = EDGES | {f"p{true}L": (f"p{true}", "L")}

    def svg(self) -> str:
        parts = [*self.headings(), *self.lines(), *self.weights(), *self.nodes(), *self.biases()]
        view = f'viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{LABEL}"'
        return f"<svg {view}>{''.join(parts)}</svg>"

    def headings(self) -> Iterator[str]:
        for x, heading in zip(COLUMNS.values(), HEADINGS, strict=True):
            yield f'<text x="{x}" y="20">{heading}</text>'

    def lines(self) -> Iterator[str]:
        for name, (start, end) in self.edges.items():
            (x1, y1), (x2, y2) = node_place(start), node_place(end)
            yield f'<path data-name="{name}" d="M{x1} {y1}L{x2} {y2}"/>'

    def weights(self) -> Iterator[str]:
        for name, (start, end) in self.edges.items():
            if name in self.values:
                (x1, y1), (x2, y2) = node_place(start), node_place(end)
                part = ALONG[name[0]]
                yield from self.number(name, x1 + part * (x2 - x1), y1 + part * (y2 - y1) - 3)

    def nodes(self) -> Iterator[str]:
        for name in self.values:
            if name[0] in COLUMNS:
                x, y = node_place(name)
                yield f'<g data-name="{name}"><circle cx="{x}" cy="{y}" r="{RADIUS}"/>'
                yield f'<text class="bp-name" x="{x}" y="{y + 5}">{symbols(name)}</text></g>'
                yield from self.number(name, x, y + RADIUS + LINE)

    def biases(self) -> Iterator[str]:
        """Above each sum its bias; above each probability what it should be."""
        for name in self.values:
            if name[0] in "bcy":
                x, y = node_place({"b": "z", "c": "s", "y": "p"}[name[0]] + name[1])
                if name[0] == "y":
                    text = f"{symbols(name)} = {self.values[name]:.0f}"
                    yield f'<text x="{x}" y="{y - RADIUS - 9}">{text}</text>'
                else:
                    y -= RADIUS + 9 + LINE
                    yield f'<text data-name="{name}" x="{x - 42}" y="{y}">{symbols(name)}</text>'
                    yield from self.number(name, x, y)

    def number(self, name: str, x: float, y: float) -> Iterator[str]:
        """A number, what it is after the descent, and below it its gradient."""
        changes = self.last - (name[0] in "wbvc")
        if decimals(self.values[f"+{name}"]) == decimals(self.values[name]):
            changes = self.last + 1  # never, to the eye
        yield text_svg("v", x, y, self.values[name], self.appears.get(name, 0), changes)
        if changes <= self.last:
            yield text_svg("v", x, y, self.values[f"+{name}"], changes, self.last + 1)
        if f"d{name}" in self.values:
            appears = self.appears[f"d{name}"]
            yield text_svg("g", x, y + LINE, self.values[f"d{name}"], appears, self.last)


def node_place(name: str) -> tuple[int, int]:
    """Where a node stands."""
    letter, row = name[0], int(name[1:] or 1)
    return COLUMNS[letter], ROWS[COUNTS[letter]][row - 1]


def text_svg(kind: str, x: float, y: float, value: float, start: int, end: int) -> str:
    """A number ("v") or a gradient ("g") that is seen from step `start` up to before `end`."""
    return (
        f'<text class="bp-{kind}" x="{x:.0f}" y="{y:.0f}" data-from="{start}" data-to="{end}">'
        f"{decimals(value)}</text>"
    )
