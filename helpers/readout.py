"""What recognisers read in a drawing, as one piece of HTML."""

import base64
import html
import io
from collections.abc import Iterable, Mapping

import numpy as np
from PIL import Image

STYLE = """<style>
.digit-pad {
  width: fit-content; max-width: 100%; box-sizing: border-box;
  margin: 4px 0; padding: 16px 18px 10px;
  border: 1px solid var(--jp-border-color2, #e0e0e0); border-radius: 12px;
  background: var(--jp-layout-color1, #fff); color: var(--jp-ui-font-color1, #212121);
  font-family: var(--jp-ui-font-family, system-ui, sans-serif); overflow: hidden;
}
.digit-pad .widget-html, .digit-pad .widget-html-content {
  height: auto; margin: 0; line-height: normal; color: inherit;
}
.digit-pad > .widget-html:first-child { display: none; }
.digit-pad > .widget-hbox { flex-wrap: wrap; gap: 14px 22px; overflow: visible; }
.digit-pad canvas {
  border-radius: 8px; cursor: crosshair; touch-action: none; margin: 0;
  box-shadow: 0 0 0 1px var(--jp-border-color1, #bdbdbd);
}
.digit-pad canvas:focus-visible {
  outline: 2px solid var(--jp-brand-color1, #1976d2); outline-offset: 2px;
}
.digit-pad .widget-vbox { overflow: visible; }
.digit-pad .widget-vbox > .widget-hbox { margin-top: 10px; gap: 8px; overflow: visible; }
.digit-pad button.jupyter-button { width: auto; flex: 1; margin: 0; border-radius: 6px; }
.dp-top { display: flex; gap: 20px; margin-bottom: 14px; }
.dp-seen { margin: 0; }
.dp-label { color: var(--jp-ui-font-color2, #616161); font-size: 12px; line-height: 16px;
  margin-bottom: 4px; }
.dp-seen img {
  width: 112px; height: 112px; display: block; image-rendering: pixelated; border-radius: 6px;
  box-shadow: 0 0 0 1px var(--jp-border-color1, #bdbdbd);
}
.dp-head { min-width: 110px; }
.dp-digit { font-size: 76px; font-weight: 600; line-height: 84px; }
.dp-sure { font-size: 15px; line-height: 20px; color: var(--jp-ui-font-color2, #616161); }
.dp-none { color: var(--jp-ui-font-color3, #9e9e9e); font-weight: 300; }
.dp-readers { display: flex; gap: 24px; }
.dp-bars { display: grid; grid-template-columns: auto 1fr 54px; gap: 3px 9px; width: 264px;
  align-items: center; font-size: 13px; line-height: 16px; font-variant-numeric: tabular-nums; }
.dp-bars:not(:only-child) { width: 190px; }
.dp-track { height: 10px; border-radius: 5px; background: var(--jp-layout-color2, #eee); }
.dp-fill { height: 100%; border-radius: 5px; background: var(--jp-ui-font-color3, #9e9e9e); }
.dp-bars span:nth-of-type(even) { text-align: right; color: var(--jp-ui-font-color2, #616161); }
.dp-bars .dp-best { font-weight: 700; color: var(--jp-brand-color1, #1976d2) !important; }
.dp-best .dp-fill { background: var(--jp-brand-color1, #1976d2); }
.dp-status { min-height: 18px; padding-top: 9px; font-size: 13px;
  width: 0; min-width: 100%;
  color: var(--jp-ui-font-color2, #616161); }
.dp-status[data-problem] { color: var(--jp-error-color1, #d32f2f); }
</style>"""


def readout(
    image: np.ndarray, names: Iterable[str], answers: Mapping[str, np.ndarray], sequence: int
) -> str:
    """HTML that shows what was seen and what each named reader makes of it.

    `image` is uint8 (28, 28); `answers` holds the probabilities (10,) of readers that answered.
    `sequence` numbers the updates: it stands in `data-seq`, and the first reader's digit and its
    probability in `data-digit` and `data-p`, which are empty where there is no answer.
    """
    heads, bars = [], []
    names = list(names)
    for name in names:
        proba = answers.get(name)
        heads.append(_head(html.escape(str(name)), proba))
        bars.append(_bars(np.zeros(10) if proba is None else proba, proba is not None))
    first = answers.get(names[0]) if names else None
    digit, p = ("", "") if first is None else (first.argmax(), f"{first.max():.4f}")
    return (
        f'<div class="dp-result" data-seq="{sequence}" data-digit="{digit}" data-p="{p}">'
        f'<div class="dp-top"><figure class="dp-seen"><figcaption class="dp-label">It sees'
        f'</figcaption><img src="{_png(image)}" alt="The 28 by 28 pixels that the model sees" '
        f'title="28 × 28 pixels"></figure>'
        f'<div class="dp-readers" role="status" aria-live="polite">{"".join(heads)}</div></div>'
        f'<div class="dp-readers" aria-hidden="true">{"".join(bars)}</div></div>'
    )


def status_line(text: str, problem: bool = False) -> str:
    """HTML of one sentence: what to do, or what went wrong."""
    kind = 'role="alert" data-problem="true"' if problem else 'role="status"'
    return f'<div class="dp-status" aria-live="polite" {kind}>{html.escape(text)}</div>'


def _head(name: str, proba: np.ndarray | None) -> str:
    label = f'<div class="dp-label">{name or "It"} reads</div>'
    if proba is None:
        return f'<div class="dp-head">{label}<div class="dp-digit dp-none">?</div></div>'
    return (
        f'<div class="dp-head">{label}<div class="dp-digit">{proba.argmax()}</div>'
        f'<div class="dp-sure">{_percent(proba.max())} sure</div></div>'
    )


def _bars(proba: np.ndarray, answered: bool) -> str:
    rows = []
    for digit, p in enumerate(proba):
        best = ' class="dp-best"' if answered and digit == proba.argmax() else ""
        percent = _percent(p) if answered and p >= 0.0005 else ""
        rows.append(
            f'<span{best}>{digit}</span><div class="dp-track{" dp-best" if best else ""}">'
            f'<div class="dp-fill" style="width:{p:.1%}"></div></div><span{best}>{percent}</span>'
        )
    return f'<div class="dp-bars">{"".join(rows)}</div>'


def _percent(p: float) -> str:
    return "&gt;99.9%" if p >= 0.9995 else f"{p:.1%}"  # no network is ever 100 % sure


def _png(image: np.ndarray) -> str:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
