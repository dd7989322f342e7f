"""Teaching a copy of the CNN somebody's own drawings, and the panel that does it."""

import time

import numpy as np
import pytest
from fakes import Reader

from helpers import ROOT, LabError
from helpers.cnn import DigitCNN, teach
from helpers.pad import DrawingPad, Gallery, TeachPanel, save_drawing
from helpers.recogniser import Lesson, read

STROKE = [np.array([[100, 100], [300, 300.0]])]


@pytest.fixture(scope="module")
def model() -> DigitCNN:
    return DigitCNN.load(ROOT / "models" / "cnn.safetensors")


@pytest.fixture(scope="module")
def odd(mnist) -> tuple[np.ndarray, np.ndarray]:
    """Threes as in a mirror: digits that the CNN has never seen like that."""
    threes = mnist.train_images[-5_000:][mnist.train_labels[-5_000:] == 3][:30, :, ::-1]
    return threes.copy(), np.full(30, 3)


@pytest.mark.slow
def test_a_copy_learns_the_drawings_and_forgets_nothing(model, odd, mnist):
    weights = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    images, labels = odd
    shares = []
    lesson = teach(
        model, images[:5], labels[:5], lambda share_done, _: shares.append(share_done), mnist=mnist
    )
    assert (lesson.before == labels[:5]).sum() <= 2
    assert np.array_equal(lesson.after, labels[:5])
    assert (read(lesson.model, images[5:]) == 3).mean() >= 0.6  # and others of the kind
    assert lesson.test_before >= 0.99 and lesson.test_after >= lesson.test_before - 0.005
    assert shares == sorted(shares) and shares[-1] == 1 and len(shares) > 20
    assert all(bool((tensor == weights[name]).all()) for name, tensor in model.state_dict().items())
    assert isinstance(lesson.model, DigitCNN)
    assert lesson.model is not model and not lesson.model.training


def test_nothing_to_learn_is_said(model, mnist):
    few = mnist._replace(test_images=mnist.test_images[:10], test_labels=mnist.test_labels[:10])
    with pytest.raises(LabError, match="nothing to learn from"):
        teach(model, np.zeros((0, 28, 28), np.uint8), np.zeros(0, int), mnist=few, digits=128)


@pytest.mark.parametrize("bad", [{"seed": "x"}, {"learning_rate": np.nan}, {"digits": 0}])
def test_settings_that_are_none_are_refused_before_any_work(model, odd, bad):
    images, labels = odd
    with pytest.raises(LabError, match="must be a"):
        teach(model, images, labels, lambda *_: pytest.fail("it has begun"), **bad)


def quick_teach(model, images, labels, progress) -> Lesson:
    progress(0.5, {})
    student = Reader(int(labels[0]))
    return Lesson(student, labels, read(model, images), read(student, images), 0.99, 0.98)


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
    for said in ("99.00%", "98.00%", "1 → <b>7</b>"):
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

    def slow(model, images, labels, progress):
        while not going:
            time.sleep(0.01)
        return quick_teach(model, images, labels, progress)

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
    few = mnist._replace(test_images=mnist.test_images[:500], test_labels=mnist.test_labels[:500])
    pad = DrawingPad({"CNN": model})
    for image in odd[0][:3]:
        save_drawing(tmp_path / "drawings", 3, image, STROKE)
    path = tmp_path / "runs" / "taught" / "cnn.safetensors"
    panel = TeachPanel(
        pad,
        Gallery(pad, tmp_path / "drawings"),
        lambda *arguments: teach(*arguments, mnist=few, digits=1000),
        path,
        "CNN",
    )
    panel.teach_button.click()
    panel.thread.join(100)
    panel.keep_button.click()
    assert "data-problem" not in panel.status.value
    again = DigitCNN.load(path)
    kept = pad.models["CNN"].predict_proba(odd[0])
    assert np.allclose(again.predict_proba(odd[0]), kept, atol=1e-4)
    assert not np.allclose(model.predict_proba(odd[0]), kept, atol=0.01)
    assert again.facts["taught"] == 3
    assert (ROOT / "models" / "cnn.safetensors").read_bytes() == shipped


def test_what_was_said_of_no_drawing_goes_when_one_is_kept(panel):
    panel.teach_button.click()
    assert "Keep a drawing first" in panel.status.value
    keep(panel, 7)
    assert "Keep a drawing first" not in panel.status.value
