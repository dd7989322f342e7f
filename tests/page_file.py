"""The pad as one page, opened from its file, and networks rounded as it rounds them."""

import contextlib
import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from helpers.mlp import MLP

SHORT = {"width": 360, "height": 740}
WIDE = {"width": 1440, "height": 900}


@contextlib.contextmanager
def opened_page(browser, path: Path, **screen: object) -> Iterator:
    """The page at `path`, with the network off; AssertionError for a script that fails, a request.

    Nothing moves by itself there.
    """
    screen = {"viewport": WIDE, "reduced_motion": "reduce"} | screen
    context = browser.new_context(offline=True, **screen)
    page = context.new_page()
    requests: list[str] = []
    failures: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.on("console", lambda said: failures.append(said.text) if said.type == "error" else None)
    page.goto(path.as_uri())
    page.wait_for_selector("#reading[data-seq]")
    yield page
    context.close()
    assert failures == []
    assert [url for url in requests if not url.startswith(("file:", "data:", "blob:"))] == []


def in_half_precision(model: Any) -> Any:
    """A copy whose weights, but no biases and no normalisations, are rounded to 16 bits."""
    twin = copy.deepcopy(model)
    for parameter in twin.parameters():
        if parameter.dim() > 1:
            parameter.data = parameter.data.half().float()
    return twin


def mlp_in_half_precision(model: MLP) -> MLP:
    twin = MLP(model.sizes)
    for target, source in zip(twin.W + twin.b, model.W + model.b, strict=True):
        target[:] = source.astype(np.float16) if source.ndim > 1 else source
    return twin


def in_the_page(page, function: str, arguments: list) -> list:
    """What a function of JavaScript, as text, gives for each of the arguments, sent as JSON."""
    call = f"text => JSON.stringify(JSON.parse(text).map(x => ({function})(x)))"
    return json.loads(page.evaluate(call, json.dumps(arguments)))


def as_lists(strokes: list[np.ndarray]) -> list[list[list[float]]]:
    return [stroke.tolist() for stroke in strokes]
