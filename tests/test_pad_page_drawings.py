"""Drawings that the page saved, loaded into the pad's folder."""

import json
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from fakes import Reader
from shapes import RING, SEVEN

from helpers import LabError
from helpers.pad import DrawingPad, Gallery, load_drawings, rasterize, unpack_drawings


def saved(*drawings: object, **head: object) -> bytes:
    facts = {"format": "digit-lab-drawings", "version": 1, "drawings": drawings} | head
    return json.dumps(facts).encode()


def drawing(label: object, strokes: list[np.ndarray]) -> dict:
    points = [stroke.tolist() for stroke in strokes]
    return {"label": label, "drawn": "2026-11-28T10:00:00", "strokes": points}


def test_drawings_of_the_page_are_kept_as_if_drawn_on_the_pad(tmp_path):
    assert unpack_drawings(saved(drawing(7, SEVEN), drawing(0, RING)), tmp_path) == 2
    kept, problems = load_drawings(tmp_path)
    assert problems == [] and {d.label for d in kept} == {0, 7}
    for one in kept:
        strokes = SEVEN if one.label == 7 else RING
        assert np.array_equal(one.strokes[0], strokes[0])
        assert np.array_equal(one.image, rasterize(strokes))


def test_a_file_of_which_one_drawing_cannot_be_kept_leaves_none(tmp_path, fill_the_disk):
    endless = drawing(1, [np.random.default_rng(0).uniform(size=(110_000, 2))])
    with pytest.raises(LabError, match="too many points"):
        unpack_drawings(saved(drawing(7, SEVEN), endless), tmp_path)
    fill_the_disk(3)
    with pytest.raises(LabError, match="No space left"):
        unpack_drawings(saved(drawing(7, SEVEN), drawing(0, RING)), tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no JSON"),
        (b"\xff\xfe\x00", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"[]", "no drawings"),
        (saved(format="another"), "no drawings"),
        (saved(version=2), "no drawings"),
        (saved(drawings={"0": 1}), "no drawings"),
        (saved(drawing(7, SEVEN), 3), "drawing 2"),
        (saved(drawing(10, SEVEN)), "drawing 1"),
        (saved(drawing(True, SEVEN)), "drawing 1"),
        (saved(drawing("7", SEVEN)), "drawing 1"),
        (saved({"label": 7, "strokes": [[[1, "2"]]]}), "drawing 1"),
        (saved({"label": 7, "strokes": [[[1, float("nan")]]]}), "drawing 1"),
        (saved({"label": 7, "strokes": []}), "drawing 1"),
        (saved(*[drawing(7, SEVEN)] * 1001), "1,000"),
        (b" " * 16_000_001, "16 MB"),
    ],
)
def test_another_file_is_refused_in_a_sentence_and_nothing_is_kept(tmp_path, data, said):
    with pytest.raises(LabError, match=said) as caught:
        unpack_drawings(data, tmp_path)
    assert "\n" not in str(caught.value) and list(tmp_path.iterdir()) == []


def test_the_gallery_loads_a_file_and_says_what_is_wrong_with_another(tmp_path):
    gallery = Gallery(DrawingPad(Reader()), tmp_path)
    name: dict[str, Any] = {"name": "drawings.json", "type": "application/json", "size": 1}
    name["last_modified"] = datetime.now(UTC)
    gallery.upload.value = ({**name, "content": memoryview(saved(drawing(7, SEVEN)))},)
    assert [d.label for d in gallery.drawings] == [7] and "Loaded 1" in gallery.status.value
    assert gallery.upload.value == ()
    gallery.upload.value = ({**name, "content": memoryview(b"{}")},)
    assert "no drawings of the page" in gallery.status.value and len(gallery.drawings) == 1
