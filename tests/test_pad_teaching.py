"""Teaching a copy of the CNN somebody's own drawings, and the panel that does it."""

import time

import numpy as np
import pytest
from fakes import Reader

from helpers import ROOT, LabError
from helpers.cnn import DigitCNN, teach, teaching
from helpers.pad import DrawingPad, Gallery, TeachPanel, rasterize, save_drawing
from helpers.recogniser import Lesson, evaluate, read

STROKE = [np.array([[100, 100], [300, 300.0]])]


@pytest.fixture(scope="module")
def model() -> DigitCNN:
    return DigitCNN.load(ROOT / "models" / "cnn.safetensors")


def mirrored_three(size: float) -> list[np.ndarray]:
    """A 3 as in a mirror, in 28 points: what the CNN has never seen like that."""
    angle = np.radians(np.r_[np.linspace(-30, -270, 14), np.linspace(-90, -325, 14)])
    centre = np.r_[np.full(14, 0.27), np.full(14, 0.73)]
    x, y = -0.26 * np.cos(angle + np.pi), centre + 0.25 * np.sin(angle)
    return [size * np.stack([x, y], axis=1)]


@pytest.fixture(scope="module")
def odd() -> tuple[list[list[np.ndarray]], np.ndarray]:
    return [mirrored_three(200)], np.array([3])


@pytest.mark.slow
def test_a_copy_learns_a_way_of_writing_and_forgets_nothing(model, odd, mnist):
    weights = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    shares: list[float] = []
    lesson = teach(
        model, odd[0], odd[1], lambda share_done, _: shares.append(share_done), mnist=mnist
    )
    assert lesson.before != [3] and lesson.after == [3]
    assert lesson.redrawn[0] < 0.5 < 0.9 <= lesson.redrawn[1]
    in_a_mirror = [s[mnist.train_labels[-5_000:] == 3] for s in mnist.split()[2:]]
    images = np.ascontiguousarray(in_a_mirror[0][:, :, ::-1])
    was, now = (evaluate(m, images, in_a_mirror[1]) for m in (model, lesson.model))
    assert now > was + 0.2  # others write it so, too
    assert lesson.others[0] >= 0.99 and lesson.others[1] >= lesson.others[0] - 0.005
    assert shares == sorted(shares) and shares[-1] == 1 and len(shares) > 20
    assert all(bool((tensor == weights[name]).all()) for name, tensor in model.state_dict().items())
    assert isinstance(lesson.model, DigitCNN)
    assert lesson.model is not model and not lesson.model.training


def test_it_is_judged_by_what_it_has_not_learnt_and_never_by_the_test_set(
    model, odd, mnist, monkeypatch
):
    learnt = []
    monkeypatch.setattr(teaching, "fit", lambda student, images, *rest, **kw: learnt.append(images))
    asked = []

    def evaluate(model, images, labels):
        asked.append(images)
        return 1.0

    monkeypatch.setattr(teaching, "evaluate", evaluate)
    none = mnist._replace(test_images=None, test_labels=None)
    teach(model, *odd, mnist=none, digits=500)
    met = {image.tobytes() for image in learnt[0]}
    assert len(met) > 500 and rasterize(odd[0][0]).tobytes() not in met
    for images in asked:
        assert not met & {image.tobytes() for image in images}


def test_nothing_to_learn_is_said(model, mnist):
    with pytest.raises(LabError, match="nothing to learn from"):
        teach(model, [], np.zeros(0, int), mnist=mnist, digits=128)


@pytest.mark.parametrize("bad", [{"seed": "x"}, {"learning_rate": np.nan}, {"digits": 0}])
def test_settings_that_are_none_are_refused_before_any_work(model, odd, bad):
    with pytest.raises(LabError, match="must be a"):
        teach(model, odd[0], odd[1], lambda *_: pytest.fail("it has begun"), **bad)


def quick_teach(model, drawings, labels, progress) -> Lesson:
    progress(0.5, {})
    student, images = Reader(int(labels[0])), np.stack([rasterize(d) for d in drawings])
    before, after = read(model, images), read(student, images)
    return Lesson(student, labels, before, after, (0.0, 0.75), (0.99, 0.98))


@pytest.fixture
def panel(tmp_path) -> TeachPanel:
    pad = DrawingPad({"CNN": Reader(1)})
    gallery = Gallery(pad, tmp_path / "drawings")
    return TeachPanel(pad, gallery, quick_teach, tmp_path / "runs" / "cnn", "CNN")


def keep(panel: TeachPanel, label: int) -> None:
    panel._pad.replay(STROKE)
    panel._gallery.keep_buttons[label].click()


def press_and_wait(panel: TeachPanel) -> None:
    panel.teach_button.click()
    panel.thread.join(20)
    assert not panel.thread.is_alive()


def test_before_and_after_are_shown_then_kept(panel, tmp_path):
    keep(panel, 7)
    press_and_wait(panel)
    assert 'data-before="0" data-after="1"' in panel._table.value
    for said in ("75%", "99.00%", "98.00%", "1 → <b>7</b>"):
        assert said in panel._table.value
    assert panel._choice.layout.visibility == "visible"
    panel._pad.replay(STROKE)
    assert panel._pad.predict()["CNN"].argmax() == 1  # not before it is kept
    assert not (tmp_path / "runs").exists()
    panel.keep_button.click()
    assert panel._pad.predict()["CNN"].argmax() == 7
    assert (tmp_path / "runs" / "cnn").read_text().startswith("7 {'taught': 1")
    assert panel._choice.layout.visibility == "hidden"
    assert "runs/cnn; delete that file to go back." in panel.status.value
    assert str(tmp_path) not in panel.status.value


def test_or_discarded(panel, tmp_path):
    keep(panel, 7)
    press_and_wait(panel)
    panel.discard_button.click()
    panel._pad.replay(STROKE)
    assert panel._pad.predict()["CNN"].argmax() == 1 and not (tmp_path / "runs").exists()
    assert panel._table.value == "" and "Discarded" in panel.status.value


def test_without_drawings_it_says_what_to_do(panel):
    panel.teach_button.click()
    assert panel.thread is None and "Keep a drawing first" in panel.status.value


def test_the_pad_reads_on_while_a_lesson_runs_and_a_second_one_waits(panel):
    going = []

    def slow(*arguments):
        while not going:
            time.sleep(0.01)
        return quick_teach(*arguments)

    panel._teach = slow
    keep(panel, 7)
    panel.teach_button.click()
    first = panel.thread
    panel._pad.replay(STROKE)
    assert panel._pad.predict()["CNN"].argmax() == 1
    panel.teach_button.click()
    assert panel.thread is first and "learning already" in panel.status.value
    going.append(True)
    first.join(20)
    assert panel.lesson is not None


def test_a_pad_that_has_no_such_reader_is_said_at_once(panel, tmp_path):
    with pytest.raises(LabError, match=r"no recogniser called MLP, only CNN\."):
        TeachPanel(panel._pad, panel._gallery, quick_teach, tmp_path / "mlp", "MLP")


def test_a_lesson_that_fails_says_why(panel):
    def fail(*arguments):
        raise LabError("MNIST could not be downloaded.")

    panel._teach = fail
    keep(panel, 7)
    press_and_wait(panel)
    assert "MNIST could not be downloaded." in panel.status.value and panel.lesson is None


def test_a_taught_cnn_is_saved_beside_the_shipped_one(model, odd, mnist, tmp_path):
    shipped = (ROOT / "models" / "cnn.safetensors").read_bytes()
    pad = DrawingPad({"CNN": model})
    strokes = odd[0][0]
    for _ in range(3):
        save_drawing(tmp_path / "drawings", 3, rasterize(strokes), strokes)
    path = tmp_path / "runs" / "taught" / "cnn.safetensors"
    panel = TeachPanel(
        pad,
        Gallery(pad, tmp_path / "drawings"),
        lambda *arguments: teach(*arguments, mnist=mnist, digits=1000),
        path,
        "CNN",
    )
    panel.teach_button.click()
    panel.thread.join(100)
    panel.keep_button.click()
    assert "data-problem" not in panel.status.value
    again = DigitCNN.load(path)
    image = rasterize(strokes)[None]
    kept = pad.models["CNN"].predict_proba(image)
    assert np.allclose(again.predict_proba(image), kept, atol=1e-4)
    assert not np.allclose(model.predict_proba(image), kept, atol=0.01)
    assert again.facts["taught"] == 3
    assert (ROOT / "models" / "cnn.safetensors").read_bytes() == shipped


def test_what_was_said_of_no_drawing_goes_when_one_is_kept(panel):
    panel.teach_button.click()
    assert "Keep a drawing first" in panel.status.value
    keep(panel, 7)
    assert "Keep a drawing first" not in panel.status.value
