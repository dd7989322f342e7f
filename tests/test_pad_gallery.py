"""Keeping, looking at, relabelling and deleting drawings, without a browser."""

import numpy as np
import pytest
from fakes import Reader
from shapes import ONE, SEVEN

from helpers.pad import DrawingPad, Gallery, load_drawings


@pytest.fixture
def pad() -> DrawingPad:
    return DrawingPad(Reader())


@pytest.fixture
def gallery(pad, tmp_path) -> Gallery:
    return Gallery(pad, tmp_path / "drawings")


def keep(pad: DrawingPad, gallery: Gallery, strokes, label: int) -> None:
    pad.replay(strokes)
    gallery.keep_buttons[label].click()


def on_disk(tmp_path) -> list[int]:
    return sorted(drawing.label for drawing in load_drawings(tmp_path / "drawings")[0])


def test_what_was_meant_is_kept_and_shown(pad, gallery, tmp_path):
    assert 'data-drawings="0"' in gallery._title.value and len(gallery.thumbnails.options) == 0
    pad.replay(SEVEN)
    image = pad.image
    gallery.keep_buttons[7].click()
    (drawing,) = gallery.drawings
    assert drawing.label == 7 and drawing.path.parent == tmp_path / "drawings" / "7"
    assert np.array_equal(drawing.image, image) and np.array_equal(drawing.strokes[0], SEVEN[0])
    assert [name for name, _ in gallery.thumbnails.options] == ["7 no. 1"]
    assert "base64" in gallery._pictures.value and "Kept as a 7" in gallery.status.value
    assert pad.strokes == []  # ready for the next one, and nothing is kept twice
    gallery.keep_buttons[7].click()
    assert "Nothing is drawn" in gallery.status.value and on_disk(tmp_path) == [7]


def test_a_chosen_drawing_can_be_relabelled_opened_and_deleted(pad, gallery, tmp_path):
    keep(pad, gallery, SEVEN, 1)
    keep(pad, gallery, ONE, 1)
    assert gallery.chosen is None and gallery._tools.layout.display == "none"
    gallery.thumbnails.index = 0
    assert gallery._tools.layout.display == "flex" and gallery.label.value == 1
    gallery.open_button.click()
    assert np.array_equal(pad.strokes[0], SEVEN[0])
    gallery.label.value = 7
    assert on_disk(tmp_path) == [1, 7] and gallery.chosen is None
    gallery.thumbnails.index = 1
    assert gallery.drawings[gallery.thumbnails.index].label == 7
    gallery.delete_button.click()
    assert on_disk(tmp_path) == [1] and len(gallery.thumbnails.options) == 1
    assert gallery._tools.layout.display == "none"


def test_drawings_of_earlier_are_there_again(pad, gallery, tmp_path):
    keep(pad, gallery, SEVEN, 7)
    again = Gallery(DrawingPad(Reader()), tmp_path / "drawings")
    assert [drawing.label for drawing in again.drawings] == [7]


def test_a_damaged_file_gets_a_sentence_and_the_others_are_shown(pad, gallery):
    keep(pad, gallery, SEVEN, 7)
    keep(pad, gallery, ONE, 1)
    gallery.drawings[0].path.write_bytes(b"no PNG")
    gallery.refresh()
    assert [drawing.label for drawing in gallery.drawings] == [7]
    assert gallery._problems.value.count("is left out: it is damaged.") == 1


def test_a_full_disk_is_said_and_the_drawing_stays_on_the_pad(
    pad, gallery, fill_the_disk, tmp_path
):
    fill_the_disk()
    keep(pad, gallery, SEVEN, 7)
    assert "No space left" in gallery.status.value and "data-problem" in gallery.status.value
    assert len(pad.strokes) == 1 and on_disk(tmp_path) == []


def test_a_drawing_deleted_behind_its_back_is_said(pad, gallery):
    keep(pad, gallery, SEVEN, 7)
    gallery.thumbnails.index = 0
    gallery.chosen.path.unlink()
    gallery.label.value = 3
    assert "could not be moved" in gallery.status.value


def test_what_was_deleted_can_be_put_back(pad, gallery, tmp_path):
    keep(pad, gallery, SEVEN, 7)
    image = gallery.drawings[0].image
    assert gallery.restore_button.layout.display == "none"
    gallery.thumbnails.index = 0
    gallery.delete_button.click()
    assert on_disk(tmp_path) == [] and gallery.restore_button.layout.display == ""
    gallery.restore_button.click()
    (back,) = gallery.drawings
    assert back.label == 7 and np.array_equal(back.image, image)
    assert np.array_equal(back.strokes[0], SEVEN[0])
    assert gallery.restore_button.layout.display == "none" and "is back" in gallery.status.value
    gallery.restore()
    assert on_disk(tmp_path) == [7]


def test_each_drawing_has_a_name_of_its_own(pad, gallery):
    for label in (7, 1, 7):
        keep(pad, gallery, SEVEN, label)
    names = [name for name, _ in gallery.thumbnails.options]
    assert names == ["1 no. 1", "7 no. 1", "7 no. 2"]
