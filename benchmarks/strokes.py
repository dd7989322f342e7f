"""Strangers' handwriting on the pad: writes benchmarks/strokes.md.

    HANDWRITING_DIR=… python benchmarks/strokes.py [--seed 0]

Each digit is put somewhere on the pad's canvas, 45 to 80 % of its size, its points rounded to whole
pixels, replayed on the pad and read. Nothing is trained on these strokes. One thing is chosen by
them and by MNIST's validation split: the probability below which the pad says that it is unsure.
"""

import argparse
from collections import Counter
from typing import Any

import numpy as np
from no_digits import draw_no_digits
from PIL import Image, ImageDraw
from report import publish, table

from helpers import ROOT, LabError
from helpers.cnn import DigitCNN
from helpers.data import Handwriting, load_handwriting, load_mnist, put_on_canvas
from helpers.mlp import MLP
from helpers.pad import PEN, SIDE, DrawingPad, rasterize, smooth
from helpers.pad.prediction_html import UNSURE
from helpers.recogniser import Recogniser, read

LIMITS = np.array([0.8, 0.9, 0.95, 0.97, 0.99])


def shrink_canvas(strokes: list[np.ndarray]) -> np.ndarray:
    """What is left of the canvas as it looks, resized as it is: uint8 (28, 28)."""
    canvas = Image.new("L", (SIDE, SIDE))
    pen = ImageDraw.Draw(canvas)
    for curve in map(smooth, strokes):
        pen.line([tuple(point) for point in curve], fill=255, width=PEN, joint="curve")
        for x, y in curve[[0, -1]]:
            pen.circle((x, y), PEN / 2, fill=255)
    return np.asarray(canvas.resize((28, 28), Image.Resampling.BOX))


def models() -> dict[str, Recogniser]:
    cnn = DigitCNN.load(ROOT / "models" / "cnn.safetensors")
    return {"CNN": cnn, "NumPy network": MLP.load(ROOT / "models" / "mlp.json")}


def replay_all(digits: list[Handwriting], seed: int) -> dict[str, np.ndarray]:
    """What is read in the N digits, (N,), by the name of the way to read."""
    pad = DrawingPad(models())
    cnn = pad.models["CNN"]
    rng = np.random.default_rng(seed)
    shrunk, answers = [], []
    for digit in digits:
        pad.replay(put_on_canvas(digit.strokes, SIDE, PEN, rng))
        shrunk.append(shrink_canvas(pad.strokes))
        readings: Any = pad.predict()  # of two networks: a dict
        answers.append({name: proba.argmax() for name, proba in readings.items()})
    return {
        "canvas resized, CNN": read(cnn, np.stack(shrunk)),
        "fitted and centred, CNN": np.array([a["CNN"] for a in answers]),
        "fitted and centred, NumPy network": np.array([a["NumPy network"] for a in answers]),
    }


def report(samples: list[Handwriting], seed: int) -> list[str]:
    labels = np.array([sample.label for sample in samples])
    writers = np.array([sample.writer for sample in samples])
    answers = replay_all(samples, seed)
    names, digits = sorted(set(writers)), sorted(set(labels.tolist()))
    shares, weakest = [], []
    for way, answer in answers.items():
        right = answer == labels
        by_writer = {name: float(right[writers == name].mean()) for name in names}
        by_digit = [f"{right[labels == digit].mean():.1%}" for digit in digits]
        shares.append([way, f"**{np.mean([*by_writer.values()]):.2%}**", *by_digit])
        last = sorted(names, key=lambda name: by_writer[name])[:5]
        mistakes = Counter(zip(labels[~right].tolist(), answer[~right].tolist(), strict=True))
        often = [f"{d} as {a} ({n})" for (d, a), n in mistakes.most_common(5)]
        low = [f"{name} {by_writer[name]:.0%}" for name in last]
        weakest.append([way, ", ".join(low), ", ".join(often)])
    return [
        "# Strangers' handwriting on the pad",
        "",
        f"{len(labels):,} digits of {len(names)} writers, replayed on the pad's canvas at a random "
        f"place and size (seed {seed});",
        "no network has learnt from them. Share read right. Made by `make bench`.",
        "",
        *table(["image, reader", "mean of the writers", *map(str, digits)], *shares),
        "",
        *table(["image, reader", "weakest writers", "most frequent mistakes"], *weakest),
        "",
        f"Below a probability of {UNSURE} the pad names two digits. A higher limit catches more",
        "mistakes and doubts more right answers: the share of all digits that it is sure of, how "
        "many of",
        "those are right, and how many of the mistakes it is unsure of.",
        "",
        *table(["digits, reader", *(f"below {limit}" for limit in LIMITS)], *unsure(samples, seed)),
        "",
        "A digit is all that the networks know: they were never shown anything else. So a",
        "threshold says *unsure which digit*, not *no digit*. The share of drawings that are no",
        "digits (17 letters, seven shapes, scribbles; benchmarks/no_digits.py) which each network",
        "takes for a digit all the same, sure at these limits:",
        "",
        *table(["drawings, reader", *(f"at {limit}" for limit in LIMITS)], *taken_for_digits(seed)),
    ]


def unsure(samples: list[Handwriting], seed: int) -> list[list[str]]:
    """For each limit of `LIMITS`, on strangers' digits and on MNIST's validation split."""
    rng = np.random.default_rng(seed)
    drawn = [rasterize(put_on_canvas(sample.strokes, SIDE, PEN, rng)) for sample in samples]
    validation = load_mnist().split()[2:]
    sets = {"strangers": (np.stack(drawn), np.array([sample.label for sample in samples]))}
    rows = []
    for place, (images, labels) in (sets | {"validation split": validation}).items():
        for name, model in models().items():
            proba = model.predict_proba(images)
            sure, right = proba.max(1)[:, None] >= LIMITS, proba.argmax(1) == labels
            cells = [
                f"{s.mean():.1%}, {right[s].mean():.2%}, {1 - s[~right].mean():.0%}" for s in sure.T
            ]
            rows.append([f"{place}, {name}", *cells])
    return rows


def taken_for_digits(seed: int) -> list[list[str]]:
    """For each limit of `LIMITS`, how many drawings that are no digits are read without a doubt."""
    rows = []
    for kind, images in draw_no_digits(seed=seed).items():
        for name, model in models().items():
            sure = model.predict_proba(images).max(1)[:, None] >= LIMITS
            rows.append([f"{kind}, {name}", *(f"{share:.0%}" for share in sure.mean(0))])
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description="Read strangers' pen strokes on the pad.")
    parser.add_argument("--seed", type=int, default=0)
    seed = parser.parse_args().seed
    try:
        samples = load_handwriting()
    except LabError as error:  # no strokes, no table: `make bench` is none the worse for it
        print(error)
        return
    publish(__file__, report(samples, seed))


if __name__ == "__main__":
    main()
