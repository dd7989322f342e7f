"""From strokes to pixels, and the pad driven without a browser."""

import asyncio
import base64
import gzip
import io
import json
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from helpers import ROOT, drawing
from helpers.cnn import DigitCNN
from helpers.drawing import LIVE, PEN, SIDE, DrawingPad, rasterize
from helpers.errors import LabError
from helpers.saliency import saliency
from helpers.strokes import smooth

angle = np.linspace(0, 2 * np.pi, 40)
RING = [np.stack([300 + 80 * np.cos(angle), 300 + 150 * np.sin(angle)], 1)]
SEVEN = [np.array([[100, 100], [200, 100], [300, 100], [250, 250], [200, 400.0]])]
HANDWRITING = Path(os.environ.get("HANDWRITING_DIR") or ROOT.parent / "shared" / "handwriting")


class Recogniser:
    """Always reads the same digit, or fails."""

    def __init__(self, error: Exception | None = None, digit: int = 3):
        self.error = error
        self.digit = digit

    def predict_proba(self, images):
        assert images.dtype == np.uint8 and images.shape == (1, 28, 28)
        if self.error:
            raise self.error
        return np.full((1, 10), 0.05, np.float32) + 0.5 * np.eye(10, dtype=np.float32)[[self.digit]]


def ink_box(image: np.ndarray) -> tuple[int, int]:
    rows, columns = np.nonzero(image)
    return int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1


def centre_of_mass(image: np.ndarray) -> np.ndarray:
    return np.array([image.sum(axis) @ np.arange(28) / image.sum() for axis in (1, 0)])


@pytest.mark.parametrize("strokes", [RING, SEVEN, [RING[0][:, ::-1]]], ids=["ring", "7", "flat"])
def test_the_ink_fills_the_box_of_mnist_and_its_mass_is_in_the_middle(strokes):
    image = rasterize(strokes)
    assert image.shape == (28, 28) and image.dtype == np.uint8
    assert image.max() == 255
    assert max(ink_box(image)) == 20
    assert np.abs(centre_of_mass(image) - 14).max() <= 0.51


def test_the_aspect_is_kept():
    height, width = ink_box(rasterize(RING))
    assert height == 20
    assert width == pytest.approx(2.4 + (20 - 2.4) * 160 / 300, abs=1.2)
    assert ink_box(rasterize([np.array([[5, 5], [5, 400.0]])]))[1] <= 4


def test_place_and_size_do_not_matter():
    image = rasterize(SEVEN).astype(int)
    for scale, shift in ((0.1, 0), (1, 250), (5, -1000)):
        moved = rasterize([scale * stroke + shift for stroke in SEVEN])
        assert np.abs(moved - image).max() <= 8


def test_a_narrow_digit_is_centred_and_no_ink_is_cut_off():
    corner = [np.array([[0, 0], [0, 400], [300, 400.0]]), np.array([[0, 0], [10, 400.0]])] * 3
    image = rasterize(corner)
    assert max(ink_box(image)) == 20
    thin = rasterize([np.array([[300, 100], [310, 500.0]])])
    assert np.abs(centre_of_mass(thin) - 14).max() <= 0.51


def test_nothing_drawn_is_nothing_seen():
    for nothing in ([], [np.zeros((0, 2))], [[]], [np.array([[np.nan, 1]])]):
        assert rasterize(nothing).sum() == 0


def test_a_tap_is_a_dot():
    image = rasterize([np.array([[17.0, 400]])])
    assert 0 < (image > 0).sum() <= 16 and max(ink_box(image)) <= 4
    assert np.array_equal(image, rasterize([np.array([[17.0, 400]] * 5)]))


def test_points_that_are_no_numbers_are_dropped():
    spoilt = [np.insert(SEVEN[0], 2, [[np.nan, 3], [np.inf, 9]], axis=0)]
    assert np.array_equal(rasterize(spoilt), rasterize(SEVEN))


def test_ten_thousand_points_anywhere_are_quick():
    points = np.random.default_rng(0).uniform(-500, 1500, (10_000, 2))
    start = time.perf_counter()
    image = rasterize([points])
    assert time.perf_counter() - start < 2
    assert ink_box(image) == (20, 20)


def test_lines_are_anti_aliased_and_as_bright_as_in_mnist():
    image = rasterize(RING)
    grey = ((image > 0) & (image < 250)).sum() / (image > 0).sum()
    assert 0.4 < grey < 0.8  # 0.62 in MNIST


def test_smoothing_keeps_the_ends_and_rounds_the_corner():
    corner = np.array([[0, 0], [10, 0], [10, 10.0]])
    curve = smooth(corner)
    assert np.array_equal(curve[[0, -1]], corner[[0, -1]])
    assert np.hypot(*(curve - corner[1]).T).min() > 1
    assert curve.min() >= 0 and curve.max() <= 10
    for short in (corner[:1], corner[:2]):
        assert np.array_equal(smooth(short), short)


@pytest.fixture(scope="module")
def replayed() -> tuple[list, np.ndarray, np.ndarray]:
    """Real strokes as the pad would get them: any place, 45–80 % of its size, whole pixels."""
    file = HANDWRITING / "uji_digits.json.gz"
    if not file.is_file():
        pytest.skip(f"no real strokes: {file.name} is not in $HANDWRITING_DIR")
    with gzip.open(file) as text:
        samples = json.load(text)
    random = np.random.default_rng(0)
    drawings = []
    for sample in samples:
        strokes = [np.array(stroke, float) for stroke in sample["strokes"]]
        points = np.concatenate(strokes)
        corner, extent = points.min(0), np.ptp(points, axis=0)
        scale = random.uniform(0.45, 0.8) * SIDE / max(extent.max(), 1)
        place = random.uniform(PEN / 2, SIDE - PEN / 2 - extent * scale)
        drawings.append([np.round((stroke - corner) * scale + place) for stroke in strokes])
    labels = np.array([sample["label"] for sample in samples])
    return drawings, labels, np.array([sample["writer"] for sample in samples])


def test_real_strokes_are_read_right(replayed):
    drawings, labels, writers = replayed
    model = DigitCNN.load(ROOT / "models" / "cnn.safetensors")
    right = model.predict_proba(np.stack([*map(rasterize, drawings)])).argmax(1) == labels
    assert np.mean([right[writers == writer].mean() for writer in set(writers)]) >= 0.98


def test_real_strokes_look_like_mnist(replayed, mnist):
    images = np.stack([*map(rasterize, replayed[0])])
    for share in (lambda x: x.mean() / 255, lambda x: (x > 0).mean(), lambda x: (x >= 250).mean()):
        assert share(images) == pytest.approx(share(mnist.test_images), rel=0.1)


@pytest.fixture
def pad() -> DrawingPad:
    return DrawingPad(Recogniser())


def send(pad: DrawingPad, event: str, **content) -> None:
    pad.canvas._handle_frontend_event(None, {"event": event, **content}, [])


def draw(pad: DrawingPad, stroke: np.ndarray, end: str = "mouse_up") -> None:
    send(pad, "mouse_down", x=stroke[0][0], y=stroke[0][1])
    for x, y in stroke[1:]:
        send(pad, "mouse_move", x=x, y=y)
    send(pad, end, x=stroke[-1][0], y=stroke[-1][1])


def test_a_stroke_is_read_when_the_pen_is_lifted(pad):
    assert 'data-digit=""' in pad.result.value and "Draw a digit" in pad.status.value
    draw(pad, SEVEN[0])
    assert 'data-digit="3" data-p="0.5500"' in pad.result.value
    assert "aria-live" in pad.result.value and "Draw" not in pad.status.value
    assert len(pad.strokes) == 1 and np.array_equal(pad.strokes[0], SEVEN[0])
    assert pad.predict().argmax() == 3


def test_every_update_has_a_greater_number(pad):
    numbers = []
    for action in (lambda: draw(pad, SEVEN[0]), pad.undo, pad.clear, lambda: pad.replay(RING)):
        action()
        numbers.append(int(pad.result.value.split('data-seq="')[1].split('"')[0]))
    assert numbers == sorted(set(numbers))


def facts(pad: DrawingPad) -> dict[str, str]:
    return dict(re.findall(r'data-(\w+)="([^"]*)"', pad.result.value))


def test_it_reads_while_the_pen_moves_but_not_at_every_move(pad, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(drawing.time, "monotonic", lambda: now[0])
    pad.clear()
    start = int(facts(pad)["seq"])
    send(pad, "mouse_down", x=0, y=0)
    for step in range(1, 101):  # a second of moves
        now[0] += 0.01
        send(pad, "mouse_move", x=step, y=2 * step)
    assert 9 <= int(facts(pad)["seq"]) - start <= 10
    assert facts(pad)["digit"] == "3" and facts(pad)["settled"] == "false"
    before = int(facts(pad)["seq"])
    send(pad, "mouse_up", x=100, y=200)
    assert int(facts(pad)["seq"]) == before + 1 and facts(pad)["settled"] == "true"


def test_a_pen_that_rests_is_read_too_where_a_loop_runs(pad):
    async def draw_and_rest() -> list[str]:
        send(pad, "mouse_down", x=0, y=0)
        for x in range(1, 6):
            send(pad, "mouse_move", x=x, y=x)
        seen = [pad.result.value]
        await asyncio.sleep(3 * LIVE)
        seen.append(pad.result.value)
        await asyncio.sleep(3 * LIVE)
        return [*seen, pad.result.value]

    first, rested, later = asyncio.run(draw_and_rest())
    assert first != rested == later and facts(pad)["settled"] == "false"
    send(pad, "mouse_up", x=5, y=5)
    assert facts(pad)["settled"] == "true"


def test_a_late_reading_does_not_follow_the_release(pad):
    async def draw_and_release() -> None:
        draw(pad, SEVEN[0])
        released = pad.result.value
        await asyncio.sleep(3 * LIVE)
        assert pad.result.value == released

    asyncio.run(draw_and_release())


@pytest.mark.parametrize(
    ("key", "left"), [("u", 1), ("U", 1), ("c", 0), ("q", 0), ("p", 2), ("x", 2), ("Enter", 2)]
)
def test_keys(pad, key, left):
    pad.replay(RING + SEVEN)
    before = int(facts(pad)["seq"])
    held = {"shift_key": key == "U", "ctrl_key": False, "meta_key": False}
    send(pad, "key_down", key=key, **held)
    assert len(pad.strokes) == left
    assert (int(facts(pad)["seq"]) > before) == (key not in ("x", "Enter"))


def test_keys_of_the_browser_are_left_alone(pad):
    pad.replay(RING)
    send(pad, "key_down", key="c", shift_key=False, ctrl_key=True, meta_key=False)
    assert len(pad.strokes) == 1


def test_the_buttons_do_what_they_say(pad):
    pad.replay(RING + SEVEN)
    pad.undo_button.click()
    assert len(pad.strokes) == 1
    before = int(facts(pad)["seq"])
    pad.predict_button.click()
    assert int(facts(pad)["seq"]) == before + 1
    pad.clear_button.click()
    assert pad.strokes == []
    pad.predict_button.click()
    assert "Nothing is drawn" in pad.status.value and "data-problem" in pad.status.value


def test_a_thicker_pen_gives_thicker_ink(pad):
    pad.replay(RING)
    ink = []
    for width in (pad.pen.min, PEN, pad.pen.max):
        pad.pen.value = width
        ink.append(int(pad.image.sum()))
        assert max(ink_box(pad.image)) == 20
    assert ink[0] < ink[1] < ink[2]
    assert ink[1] == rasterize(RING).sum()


def test_where_readers_differ_is_shown():
    pad = DrawingPad({"CNN": Recogniser(), "NumPy network": Recogniser()})
    pad.replay(RING)
    assert facts(pad)["differ"] == "false" and "differ:" not in pad.result.value
    pad.use("NumPy network", Recogniser(digit=8))
    assert facts(pad)["differ"] == "true" and facts(pad)["digit"] == "3"
    assert "They differ: CNN reads 3, NumPy network reads 8." in pad.result.value
    assert pad.predict()["NumPy network"].argmax() == 8


def test_where_it_looked_is_shown_on_demand_once_the_pen_is_up():
    asked = []

    def look(model, images):
        asked.append(model)
        return np.eye(28, dtype=np.float32)[None]

    reader = Recogniser()
    pad = DrawingPad({"CNN": reader, "other": Recogniser()}, look)
    draw(pad, RING[0])
    plain = seen(pad)
    assert asked == [] and plain.ndim == 2
    pad.look.value = True
    assert asked == [reader]
    coloured = seen(pad)
    assert coloured.shape == (28, 28, 3)
    marked = np.abs(coloured.astype(int) - plain[..., None]).max(2) > 60
    assert marked.diagonal().all() and not marked[~np.eye(28, dtype=bool)].any()
    send(pad, "mouse_down", x=9, y=9)
    send(pad, "mouse_move", x=90, y=90)
    assert len(asked) == 1
    pad.look.value = False
    assert seen(pad).ndim == 2


def test_the_cnn_can_be_asked_where_it_looked():
    model = DigitCNN.load(ROOT / "models" / "cnn.safetensors")
    pad = DrawingPad(model, saliency)
    pad.look.value = True
    pad.replay(SEVEN)
    assert seen(pad).shape == (28, 28, 3) and "data-problem" not in pad.status.value


def seen(pad: DrawingPad) -> np.ndarray:
    data = re.search(r"base64,([^\"]+)", pad.result.value)[1]
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))


def test_reading_does_not_disturb_a_training_in_another_thread():
    model = DigitCNN.load(ROOT / "models" / "cnn.safetensors")
    pad = DrawingPad(model, saliency)
    pad.look.value = True
    model.train()
    changed, stop = [], threading.Event()

    def train() -> None:
        images = torch.randint(0, 256, (8, 28, 28))
        while not stop.is_set():
            model(images)
            changed.extend(name for name, part in model.named_modules() if not part.training)

    statistics = [buffer.clone() for buffer in model.buffers()]
    thread = threading.Thread(target=train)
    thread.start()
    try:
        for _ in range(20):
            pad.replay(SEVEN)
            assert "data-problem" not in pad.status.value
    finally:
        stop.set()
        thread.join()
    assert changed == []
    moved = [not torch.equal(a, b) for a, b in zip(statistics, model.buffers(), strict=True)]
    assert any(moved)  # the other thread did train


def test_moves_without_a_pressed_button_draw_nothing(pad):
    send(pad, "mouse_move", x=3, y=4)
    send(pad, "mouse_up", x=3, y=4)
    send(pad, "mouse_out", x=3, y=4)
    assert pad.strokes == []
    draw(pad, SEVEN[0])
    send(pad, "mouse_move", x=3, y=4)
    assert np.array_equal(pad.strokes[0], SEVEN[0])


def test_a_stroke_that_leaves_the_canvas_ends(pad):
    draw(pad, SEVEN[0], end="mouse_out")
    assert 'data-digit="3"' in pad.result.value
    send(pad, "mouse_move", x=3, y=4)
    assert len(pad.strokes[0]) == len(SEVEN[0])


def test_a_finger_draws_and_a_second_one_is_ignored(pad):
    one, two = {"x": 10, "y": 20}, {"x": 90, "y": 90}
    send(pad, "touch_start", touches=[one])
    send(pad, "touch_start", touches=[one, two])
    send(pad, "touch_move", touches=[{"x": 15, "y": 30}, two])
    send(pad, "touch_end", touches=[one])
    assert pad.result.value.count('data-digit=""') == 1
    send(pad, "touch_end", touches=[])
    assert [stroke.tolist() for stroke in pad.strokes] == [[[10, 20], [15, 30]]]
    assert 'data-digit="3"' in pad.result.value


def test_undo_takes_one_stroke_and_clear_takes_all(pad):
    pad.replay(RING + SEVEN)
    assert len(pad.strokes) == 2
    pad.undo()
    assert len(pad.strokes) == 1 and np.array_equal(pad.strokes[0], RING[0])
    pad.clear()
    pad.undo()
    assert pad.strokes == [] and pad.image.sum() == 0
    with pytest.raises(LabError, match="Nothing is drawn"):
        pad.predict()


def test_a_page_that_appears_gets_the_whole_drawing(pad, monkeypatch):
    pad.replay(RING + SEVEN)
    drawn = []
    monkeypatch.setattr(type(pad.canvas), "stroke_lines", lambda self, points: drawn.append(points))
    send(pad, "client_ready")
    assert len(drawn) == 2


def test_odd_events_do_no_harm(pad):
    draw(pad, np.array([[50.0, 60.0]]))
    draw(pad, np.array([[-40, 20], [np.nan, 3], [900, 900.0]]))
    assert [stroke.tolist() for stroke in pad.strokes] == [[[50, 60]], [[-40, 20], [900, 900]]]
    send(pad, "touch_start", touches=[])
    assert "data-problem" in pad.status.value


def test_a_scribble_over_everything_is_read(pad):
    draw(pad, np.random.default_rng(0).uniform(-20, SIDE + 20, (10_000, 2)).round())
    assert facts(pad)["digit"] == "3" and facts(pad)["settled"] == "true"
    assert len(pad.strokes[0]) == 10_000 and ink_box(pad.image) == (20, 20)


@pytest.mark.parametrize(
    "error", [LabError("The <weights> are gone."), RuntimeError("The <weights> are gone.")]
)
def test_what_goes_wrong_stands_in_the_status_line(error):
    pad = DrawingPad(Recogniser(error))
    draw(pad, SEVEN[0])
    assert "The &lt;weights&gt; are gone." in pad.status.value
    assert 'data-digit=""' in pad.result.value
    with pytest.raises(type(error)):
        pad.predict()
    pad.clear()
    assert "Draw a digit" in pad.status.value


def test_several_recognisers_answer_side_by_side():
    pad = DrawingPad({"CNN": Recogniser(), "<other>": Recogniser()})
    pad.replay(RING)
    assert list(pad.predict()) == ["CNN", "<other>"]
    assert pad.predict()["CNN"].shape == (10,)
    assert pad.result.value.count("data-digit") == 1 and "&lt;other&gt;" in pad.result.value


def test_a_recogniser_that_answers_nonsense_is_named():
    class Odd:
        def predict_proba(self, images):
            return np.full((1, 10), np.nan)

    pad = DrawingPad(Odd())
    pad.replay(RING)
    assert "Odd does not give ten probabilities" in pad.status.value


def test_it_needs_no_torch():
    heavy = "{'torch', 'matplotlib'} & set(sys.modules)"
    code = f"import sys, helpers.drawing, helpers.gallery; print(sorted({heavy}))"
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
