"""Files: read whole or refused, written whole or not at all; what is quoted of them is short."""

import os

import pytest
from hostile import assert_one_sentence

from helpers import LabError
from helpers.files import excerpt, read_file, sweep, write_atomically


def test_a_file_up_to_the_limit_is_read(tmp_path):
    path = write_atomically(tmp_path / "deep" / "file", b"12345")
    assert read_file(path, 5) == b"12345"
    with pytest.raises(LabError, match="is larger than") as caught:
        read_file(path, 4)
    assert_one_sentence(caught.value, path)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: None, "No such file"),
        (os.mkdir, "Is a directory"),
        (os.mkfifo, "is not a file"),
        (lambda path: path.symlink_to("/dev/zero"), "is not a file"),
        (lambda path: path.symlink_to(path), "could not be read"),
    ],
)
def test_what_is_no_file_is_refused(tmp_path, make, words):
    make(path := tmp_path / "path")
    with pytest.raises(LabError, match=words) as caught:
        read_file(path, 10)
    assert_one_sentence(caught.value, path)


def test_a_full_disk_leaves_what_was_there(tmp_path, fill_the_disk):
    path = write_atomically(tmp_path / "file", "old")
    fill_the_disk()
    with pytest.raises(LabError, match="No space left") as caught:
        write_atomically(path, "new")
    assert_one_sentence(caught.value, path)
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_what_killed_writers_left_is_swept_after_a_day(tmp_path):
    for name in (".old.tmp", ".new.tmp", "old.tmp", ".old"):
        (tmp_path / name).touch()
    for name in ("incomplete.old", "incomplete.new"):
        (tmp_path / name / "part").mkdir(parents=True)
    for path in tmp_path.iterdir():
        if "old" in path.name:
            os.utime(path, (0, 0))
    write_atomically(tmp_path / "file", b"")
    kept = {".new.tmp", "old.tmp", ".old", "file", "incomplete.new"}
    assert {path.name for path in tmp_path.iterdir()} == kept | {"incomplete.old"}
    sweep(tmp_path, "incomplete.*")
    assert {path.name for path in tmp_path.iterdir()} == kept


def test_an_excerpt_is_short_and_on_one_line():
    deep: list = []
    for _ in range(100_000):
        deep = [deep]
    assert excerpt("good") == "good" and excerpt(7) == "7"
    assert excerpt("a\nb\x1b[2J\tc") == "a b [2J c"
    assert excerpt("x" * 100_000) == "x" * 59 + "…"
    assert excerpt(10**10_000) == "int" and excerpt(deep) == "list"


def test_what_is_refused_stays_open_nowhere(tmp_path):
    before = len(os.listdir("/dev/fd"))
    for _ in range(9):
        with pytest.raises(LabError, match="could not be read"):
            read_file(tmp_path, 10)
    assert len(os.listdir("/dev/fd")) == before
