"""What recognisers read in a drawing, as one piece of HTML."""

import html
from collections.abc import Iterable, Mapping

import numpy as np

from ..pictures import png_url

UNSURE = 0.95  # below it two digits are named; chosen in benchmarks/strokes.py
HEAT = np.array([255, 96, 0])  # the colour of the pixels that count


def prediction_html(
    image: np.ndarray,
    names: Iterable[str],
    answers: Mapping[str, np.ndarray],
    sequence: int,
    *,
    heat: np.ndarray | None = None,
    settled: bool = True,
) -> str:
    """HTML that shows what was seen and what each named reader makes of it.

    `image` is uint8 (28, 28); `answers` holds the probabilities (10,) of readers that answered;
    `heat`, 0 to 1 (28, 28), colours the pixels. `sequence` numbers the updates: it stands in
    `data-seq`, and the first reader's digit and its probability in `data-digit` and `data-p`, which
    are empty where there is no answer; `data-differ` says whether readers disagree, `data-settled`
    whether the pen is up. Assistive tools announce the digits once it is.
    """
    names = list(names)
    digits = {name: int(proba.argmax()) for name, proba in answers.items()}
    differ = len(set(digits.values())) > 1
    heads = [_head(html.escape(str(name)), answers.get(name)) for name in names]
    bars = [_bars(answers.get(name)) for name in names]
    first = answers.get(names[0]) if names else None
    digit, p = ("", "") if first is None else (first.argmax(), f"{first.max():.4f}")
    said = ", ".join(f"{html.escape(str(name))} reads {digit}" for name, digit in digits.items())
    return (
        f'<div class="dp-result" data-seq="{sequence}" data-digit="{digit}" data-p="{p}" '
        f'data-differ="{str(differ).lower()}" data-settled="{str(settled).lower()}">'
        f'<div class="dp-top"><figure class="dp-seen"><figcaption class="dp-label">It sees'
        f'</figcaption><img src="{_png(image, heat)}" title="28 × 28 pixels" '
        f'alt="The 28 by 28 pixels that the model sees"></figure>'
        f'<div class="dp-readers" role="status" aria-live="polite" '
        f'aria-busy="{str(not settled).lower()}">{"".join(heads)}</div></div>'
        f'<div class="dp-readers" aria-hidden="true">{"".join(bars)}</div>'
        f'<div class="dp-verdict">{f"They differ: {said}." if differ else ""}</div></div>'
    )


def _head(name: str, proba: np.ndarray | None) -> str:
    label = f'<div class="dp-label">{name or "It"} reads</div>'
    if proba is None:
        return f'<div class="dp-head">{label}<div class="dp-digit dp-none">?</div></div>'
    first, second = np.argsort(-proba)[:2]
    how = f"{_percent(proba[first])} sure"
    if proba[first] < UNSURE:
        how = f"{_with_article(first)}, or {_with_article(second)}?"
    return (
        f'<div class="dp-head">{label}<div class="dp-digit">{first}</div>'
        f'<div class="dp-sure" data-unsure="{str(proba[first] < UNSURE).lower()}">{how}</div></div>'
    )


def _bars(proba: np.ndarray | None) -> str:
    rows = []
    for digit, p in enumerate(np.zeros(10) if proba is None else proba):
        best = ' class="dp-best"' if proba is not None and digit == proba.argmax() else ""
        percent = _percent(p, most=1) if p >= 0.0005 else ""  # more would not fit
        rows.append(
            f'<span{best}>{digit}</span><div class="dp-track{" dp-best" if best else ""}">'
            f'<div class="dp-fill" style="width:{p:.1%}"></div></div><span{best}>{percent}</span>'
        )
    return f'<div class="dp-bars">{"".join(rows)}</div>'


def _with_article(digit: int) -> str:
    return f"an {digit}" if digit == 8 else f"a {digit}"


def _percent(p: float, most: int = 4) -> str:
    """With as many decimals as it takes not to be 100 %, at `most`: no network is ever so sure."""
    for decimals in range(1, most + 1):
        if not (text := f"{p:.{decimals}%}").startswith("100"):
            return text
    return f"&gt;99.{'9' * most}%"


def _png(image: np.ndarray, heat: np.ndarray | None) -> str:
    if heat is None:
        return png_url(image)
    share = 0.85 * np.sqrt(np.clip(heat, 0, 1))[..., None]  # the root shows weak spots, too
    return png_url((image[..., None] * (1 - share) + HEAT * share).astype(np.uint8))
