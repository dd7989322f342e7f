"""Drawings kept on the disk: whole, never overwritten, and read in spite of what lies about."""

import contextlib
import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from hypothesis.extra.numpy import arrays
from PIL import Image

from helpers import ROOT, LabError
from helpers.files import A_DAY
from helpers.pad import (
    delete_drawing,
    load_drawings,
    rasterize,
    relabel_drawing,
    save_drawing,
)

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


labels = some.integers(-1, 10) | some.sampled_from([7.0, True, None, np.int8(3), np.uint64(9), "4"])
images = arrays(
    some.sampled_from(["u1", "u1", "i1", "?", "f4"]), some.sampled_from([(28, 28), (28,)])
)
strokes = some.lists(some.lists(some.tuples(some.floats(), some.floats()), max_size=3), max_size=3)


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(labels, images, strokes)
def test_whatever_is_kept_comes_back(tmp_path_factory, label, image, strokes):
    folder = tmp_path_factory.mktemp("drawings")
    try:
        save_drawing(folder, label, image[::-1], strokes)
    except LabError:
        assert files(folder) == []
        return
    (drawing,), problems = load_drawings(folder)
    assert problems == [] and drawing.label == label and np.array_equal(drawing.image, image[::-1])
    finite = [[point for point in stroke if np.isfinite(point).all()] for stroke in strokes]
    assert [stroke.tolist() for stroke in drawing.strokes] == [
        [list(point) for point in stroke] for stroke in finite if stroke
    ]


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


@pytest.mark.parametrize("end", [".png", ".json"])
def test_no_other_drawing_is_lost_to_a_new_label(tmp_path, end):
    one = save_drawing(tmp_path, 1, IMAGE, STROKES)
    (tmp_path / "7").mkdir()
    other = tmp_path / "7" / (one.stem + end)
    other.write_text("of somebody else")
    with pytest.raises(LabError, match="is there already"):
        relabel_drawing(one, 7)
    assert other.read_text() == "of somebody else"
    assert files(tmp_path / "1") == [f"{one.stem}.json", one.name] and len(files(tmp_path)) == 3


def test_what_cannot_be_kept_is_refused(tmp_path):
    labels: list[Any] = [10, -1, 10**5000, "7", None, 7.0, np.float32(7), True, np.True_, [7]]
    for label in labels:
        with pytest.raises(LabError, match="digit from 0 to 9"):
            save_drawing(tmp_path, label, IMAGE, STROKES)
        with pytest.raises(LabError, match="digit from 0 to 9"):
            relabel_drawing(tmp_path / "1" / "x.png", label)
    for image in (IMAGE[None], IMAGE[:27], IMAGE / 255, IMAGE > 0, IMAGE.tolist()):
        with pytest.raises(LabError, match=r"must be uint8 \(28, 28\)"):
            save_drawing(tmp_path, 1, image, STROKES)
    with pytest.raises(LabError, match="too many points"):
        save_drawing(tmp_path, 1, IMAGE, [np.random.default_rng(0).uniform(size=(100_000, 2))])
    assert files(tmp_path) == []
    nothings: list[Any] = [[], [[]], [np.array([[np.nan, 1]])]]
    for nothing in nothings:
        with pytest.raises(LabError, match="Nothing is drawn"):
            save_drawing(tmp_path, 1, IMAGE, nothing)
    with pytest.raises(LabError, match=r"gone\.json could not be read: No such file"):
        relabel_drawing(tmp_path / "1" / "gone.png", 2)
    path = save_drawing(tmp_path, 1, IMAGE, STROKES)
    path.unlink()
    with pytest.raises(LabError, match="could not be moved"):
        relabel_drawing(path, 2)
    assert files(tmp_path) == [f"1/{path.stem}.json"]


@pytest.mark.parametrize("room", [0, 1])
def test_a_full_disk_leaves_nothing_behind(tmp_path, fill_the_disk, room):
    fill_the_disk(room)
    with pytest.raises(LabError, match="No space left"):
        save_drawing(tmp_path, 1, IMAGE, STROKES)
    assert files(tmp_path) == []


@pytest.mark.parametrize("kill_at", [0, 1, 2, 3])
@pytest.mark.parametrize(
    ("action", "n_drawings"), [("save", (1, 2)), ("relabel", (1,)), ("delete", (0, 1))]
)
def test_a_kill_leaves_nothing_that_is_named_or_stays(
    tmp_path, monkeypatch, action, n_drawings, kill_at
):
    path = save_drawing(tmp_path, 4, IMAGE, STROKES)
    calls = iter(range(9))

    def killed_before(step):
        def kill_or_do(*arguments, **options):
            if next(calls) == kill_at:
                raise SystemExit
            return step(*arguments, **options)

        return kill_or_do

    with monkeypatch.context() as patch, contextlib.suppress(SystemExit):
        patch.setattr(os, "replace", killed_before(os.replace))
        patch.setattr(Path, "unlink", killed_before(Path.unlink))
        match action:
            case "save":
                save_drawing(tmp_path, 7, IMAGE, STROKES)
            case "relabel":
                relabel_drawing(path, 7)
            case "delete":
                delete_drawing(path)
    drawings, problems = load_drawings(tmp_path)
    assert problems == [] and len(drawings) in n_drawings
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + A_DAY + 60)
    assert len(load_drawings(tmp_path)[0]) == len(drawings)
    left = [name for name in files(tmp_path) if not name.endswith(".tmp")]
    assert len(left) == 2 * len(drawings)


def test_strokes_that_wait_for_their_picture_are_kept_for_a_day(tmp_path):
    path = save_drawing(tmp_path, 4, IMAGE, STROKES)
    picture = path.read_bytes()
    path.unlink()
    os.utime(path.with_suffix(".json"), (0, 0))  # a copy that kept its old date is new here
    assert load_drawings(tmp_path) == ([], [])
    path.write_bytes(picture)
    assert len(load_drawings(tmp_path)[0]) == 1


def test_foreign_and_damaged_files_get_a_sentence_and_stop_nothing(tmp_path):
    good = save_drawing(tmp_path, 4, IMAGE, STROKES)
    bad = [save_drawing(tmp_path, 4, IMAGE, STROKES) for _ in range(7)]
    bad[0].write_bytes(bad[0].read_bytes()[:60])
    bad[1].write_bytes(b"")
    Image.new("RGB", (28, 28)).save(bad[2])
    Image.new("L", (4000, 40)).save(bad[3])
    bad[4].with_suffix(".json").write_text("{")
    bad[5].with_suffix(".json").write_text('{"strokes": [[[true, 1]]]}')
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
