"""The pad, driven without a browser."""

import asyncio
import base64
import io
import re
import threading

import numpy as np
import pytest
import torch
from fakes import Reader
from PIL import Image
from shapes import RING, SEVEN, ink_box

from helpers import ROOT, LabError
from helpers.cnn import DigitCNN, saliency
from helpers.pad import PEN, SIDE, DrawingPad, drawing_pad, rasterize
from helpers.pad.drawing_pad import LIVE


@pytest.fixture
def pad() -> DrawingPad:
    return DrawingPad(Reader())


def send(pad: DrawingPad, event: str, **content) -> None:
    pad.canvas._handle_frontend_event(None, {"event": event, **content}, [])


def draw(pad: DrawingPad, stroke: np.ndarray, end: str = "mouse_up") -> None:
    send(pad, "mouse_down", x=stroke[0][0], y=stroke[0][1])
    for x, y in stroke[1:]:
        send(pad, "mouse_move", x=x, y=y)
    send(pad, end, x=stroke[-1][0], y=stroke[-1][1])


def facts(pad: DrawingPad) -> dict[str, str]:
    return dict(re.findall(r'data-(\w+)="([^"]*)"', pad.result.value))


def seen(pad: DrawingPad) -> np.ndarray:
    data = re.search(r"base64,([^\"]+)", pad.result.value)[1]
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))


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
        numbers.append(int(facts(pad)["seq"]))
    assert numbers == sorted(set(numbers))


def test_it_reads_while_the_pen_moves_but_not_at_every_move(pad, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(drawing_pad.time, "monotonic", lambda: now[0])
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
    for width in (28.0, PEN, 60.0):
        pad.pen.value = width
        ink.append(int(pad.image.sum()))
        assert max(ink_box(pad.image)) == 20
    assert ink[0] < ink[1] < ink[2]
    assert ink[1] == rasterize(RING).sum()


def test_where_readers_differ_is_shown():
    pad = DrawingPad({"CNN": Reader(), "NumPy network": Reader()})
    pad.replay(RING)
    assert facts(pad)["differ"] == "false" and "differ:" not in pad.result.value
    pad.use("NumPy network", Reader(digit=8))
    assert facts(pad)["differ"] == "true" and facts(pad)["digit"] == "3"
    assert "They differ: CNN reads 3, NumPy network reads 8." in pad.result.value
    assert pad.predict()["NumPy network"].argmax() == 8


def test_where_it_looked_is_shown_on_demand_once_the_pen_is_up():
    asked = []

    def look(model, images):
        asked.append(model)
        return np.eye(28, dtype=np.float32)[None]

    reader = Reader()
    pad = DrawingPad({"CNN": reader, "other": Reader()}, look)
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


@pytest.mark.slow
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


def test_a_second_finger_does_not_go_on_with_the_stroke_of_the_first(pad):
    one, two = {"x": 10, "y": 20}, {"x": 500, "y": 600}
    send(pad, "touch_start", touches=[one])
    send(pad, "touch_move", touches=[{"x": 15, "y": 30}])
    send(pad, "touch_start", touches=[one, two])
    send(pad, "touch_end", touches=[two])
    send(pad, "touch_move", touches=[{"x": 505, "y": 600}])
    send(pad, "touch_end", touches=[])
    assert [stroke.tolist() for stroke in pad.strokes] == [[[10, 20], [15, 30]]]


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


def test_points_that_no_pen_draws_do_no_harm(pad):
    draw(pad, SEVEN[0])
    for x, y in ((1e308, 5), (5, -1e308), (10**400, 5), (np.inf, 5), (None, 5), ("a", "b")):
        send(pad, "mouse_down", x=x, y=y)
        send(pad, "mouse_move", x=x, y=y)
        send(pad, "touch_start", touches=[{"x": x, "y": y}])
    draw(pad, np.array([[10, 10], [1e300, -1e300], [20, 30.0]]))
    assert [stroke.tolist() for stroke in pad.strokes] == [SEVEN[0].tolist(), [[10, 10], [20, 30]]]
    assert facts(pad)["digit"] == "3" and "data-problem" not in pad.status.value


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ([[(177.999556422144, 307.1874253267274)] * 4], 1),
        ([[(1e308, -1e308), (1.7e308, 1e308), (-1.7e308, 5)]], 1),
        ([[(1, 2)], "no stroke", [(3,)], [(np.nan, 1)]], 1),
        (None, 0),
        ([[]], 0),
    ],
)
def test_whatever_is_replayed_leaves_a_pad_that_works(pad, given, left):
    pad.replay(SEVEN)
    pad.replay(given)
    assert len(pad.strokes) == left and pad.image.any() == bool(left)
    assert facts(pad)["digit"] == ("3" if left else "") and "data-problem" not in pad.status.value
    send(pad, "client_ready")
    draw(pad, SEVEN[0])
    pad.undo()
    assert len(pad.strokes) == left


def test_strokes_that_fail_to_come_leave_the_drawing_as_it_was(pad):
    def broken():
        yield RING[0]
        raise OSError("The file ends here.")

    pad.replay(SEVEN)
    with pytest.raises(OSError):
        pad.replay(broken())
    assert np.array_equal(pad.strokes[0], SEVEN[0]) and len(pad.strokes) == 1


def test_a_scribble_over_everything_is_read(pad):
    draw(pad, np.random.default_rng(0).uniform(-20, SIDE + 20, (10_000, 2)).round())
    assert facts(pad)["digit"] == "3" and facts(pad)["settled"] == "true"
    assert len(pad.strokes[0]) == 10_000 and ink_box(pad.image) == (20, 20)


@pytest.mark.parametrize(
    "error", [LabError("The <weights> are gone."), RuntimeError("The <weights> are gone.")]
)
def test_what_goes_wrong_stands_in_the_status_line(error):
    pad = DrawingPad(Reader(error=error))
    draw(pad, SEVEN[0])
    assert "The &lt;weights&gt; are gone." in pad.status.value
    assert 'data-digit=""' in pad.result.value
    with pytest.raises(type(error)):
        pad.predict()
    pad.clear()
    assert "Draw a digit" in pad.status.value


def test_several_recognisers_answer_side_by_side():
    pad = DrawingPad({"CNN": Reader(), "<other>": Reader()})
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


@pytest.mark.parametrize(
    ("likeliest", "said", "unsure"),
    [
        (0.94, "a 4, or an 8?", "true"),
        (0.96, "96.0% sure", "false"),
        (0.99962, "99.96% sure", "false"),
        (0.9999969, "99.9997% sure", "false"),
        (1.0, "&gt;99.9999% sure", "false"),
    ],
)
def test_it_says_how_sure_it_is_and_when_it_is_not(likeliest, said, unsure):
    class Doubting:
        def predict_proba(self, images):
            proba = np.zeros((1, 10))
            proba[0, [4, 8]] = likeliest, 1 - likeliest
            return proba

    pad = DrawingPad(Doubting())
    pad.replay(RING)
    assert f'data-unsure="{unsure}">{said}</div>' in pad.result.value


def test_the_bars_have_room_for_what_stands_beside_them():
    class Sure:
        def predict_proba(self, images):
            return np.eye(10)[[4]]

    pad = DrawingPad(Sure())
    pad.replay(RING)
    assert "&gt;99.9%</span>" in pad.result.value and "&gt;99.9999% sure" in pad.result.value
