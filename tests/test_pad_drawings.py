"""Drawings kept on the disk: whole, never overwritten, and read in spite of what lies about."""

import json
import subprocess

import numpy as np
import pytest
from PIL import Image

from helpers import ROOT, LabError
from helpers.pad import delete_drawing, load_drawings, rasterize, relabel_drawing, save_drawing

STROKES = [np.array([[10, 20], [300, 25], [200, 500.0]]), np.array([[100, 250], [300, 250.0]])]
IMAGE = rasterize(STROKES)


def files(folder) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_drawing_comes_back_as_it_was_kept(tmp_path):
    path = save_drawing(tmp_path / "drawings", 7, IMAGE, STROKES)
    assert path.parent == tmp_path / "drawings" / "7"
    with Image.open(path) as picture:
        assert picture.size == (28, 28) and np.array_equal(np.asarray(picture), IMAGE)
    (drawing,), problems = load_drawings(tmp_path / "drawings")
    assert problems == [] and drawing.path == path and drawing.label == 7
    assert np.array_equal(drawing.image, IMAGE)
    assert all(np.array_equal(a, b) for a, b in zip(drawing.strokes, STROKES, strict=True))
    assert "strokes" in json.loads(path.with_suffix(".json").read_text())


def test_names_never_collide(tmp_path):
    paths = [save_drawing(tmp_path, 3, IMAGE, STROKES) for _ in range(50)]
    assert len(set(paths)) == 50
    assert [drawing.label for drawing in load_drawings(tmp_path)[0]] == [3] * 50


def test_delete_and_relabel(tmp_path):
    first, second = (save_drawing(tmp_path, 1, IMAGE, STROKES) for _ in range(2))
    moved = relabel_drawing(first, 7)
    assert moved.parent.name == "7" and moved.name == first.name
    assert {d.path: d.label for d in load_drawings(tmp_path)[0]} == {moved: 7, second: 1}
    assert relabel_drawing(moved, 7) == moved
    delete_drawing(second)
    delete_drawing(second)  # a second click
    delete_drawing(moved)
    assert load_drawings(tmp_path) == ([], []) and files(tmp_path) == []


def test_what_cannot_be_kept_is_refused(tmp_path):
    for label in (10, -1, "7", None):
        with pytest.raises(LabError, match="digit from 0 to 9"):
            save_drawing(tmp_path, label, IMAGE, STROKES)
    for nothing in ([], [[]], [np.array([[np.nan, 1]])]):
        with pytest.raises(LabError, match="Nothing is drawn"):
            save_drawing(tmp_path, 1, IMAGE, nothing)
    with pytest.raises(LabError, match="digit from 0 to 9"):
        relabel_drawing(save_drawing(tmp_path, 1, IMAGE, STROKES), 11)
    with pytest.raises(LabError, match="could not be moved"):
        relabel_drawing(tmp_path / "1" / "gone.png", 2)


@pytest.mark.parametrize("room", [0, 1])
def test_a_full_disk_leaves_nothing_behind(tmp_path, fill_the_disk, room):
    fill_the_disk(room)
    with pytest.raises(LabError, match="No space left"):
        save_drawing(tmp_path, 1, IMAGE, STROKES)
    assert files(tmp_path) == []


def test_foreign_and_damaged_files_get_a_sentence_and_stop_nothing(tmp_path):
    good = save_drawing(tmp_path, 4, IMAGE, STROKES)
    bad = [save_drawing(tmp_path, 4, IMAGE, STROKES) for _ in range(7)]
    bad[0].write_bytes(bad[0].read_bytes()[:60])
    bad[1].write_bytes(b"")
    Image.new("RGB", (28, 28)).save(bad[2])
    Image.new("L", (4000, 40)).save(bad[3])
    bad[4].with_suffix(".json").write_text("{")
    bad[5].with_suffix(".json").write_text('{"strokes": [["a"]]}')
    bad[6].with_suffix(".json").unlink()
    (tmp_path / "4" / "notes.txt").write_text("hello")
    (tmp_path / "4" / "lonely.json").write_text("{}")
    (tmp_path / "cats").mkdir()
    (tmp_path / "cats" / "cat.png").write_bytes(good.read_bytes())
    (tmp_path / "readme.txt").write_text("hello")
    (tmp_path / ".ipynb_checkpoints").mkdir()
    (tmp_path / ".ipynb_checkpoints" / "x.png").write_text("")
    (tmp_path / "4" / ".DS_Store").write_text("")
    drawings, problems = load_drawings(tmp_path)
    assert [drawing.path for drawing in drawings] == [good]
    assert len(problems) == 10 and all(p.endswith(".") and "left out" in p for p in problems)
    assert "28 × 28" in "".join(p for p in problems if bad[3].name in p)
    assert any("cats/cat.png" in p and "not named after a digit" in p for p in problems)


def test_no_folder_yet_is_no_drawing_yet(tmp_path):
    assert load_drawings(tmp_path / "none") == ([], [])


def test_git_ignores_what_people_draw():
    ignored = subprocess.run(["git", "check-ignore", "-q", "drawings/7/x.png"], cwd=ROOT)
    assert ignored.returncode == 0
