"""Damaged and hostile drawings: each is either whole and sound, or left out with a sentence."""

import os
import random
import struct
import zlib
from pathlib import Path

import hostile
import numpy as np
import pytest
from shapes import SEVEN

from helpers import LabError
from helpers.pad import Drawing, load_drawings, rasterize, save_drawing

SIZES = (0, 1, 27, 29, 4000, 2**31 - 1, 2**32 - 1)
BOMB = zlib.compress(bytes(50_000_000))


@pytest.fixture
def path(tmp_path) -> Path:
    return save_drawing(tmp_path, 7, rasterize(SEVEN), SEVEN)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def rewrite_png(data: bytes, rng: random.Random) -> bytes:
    """Another head, or a part that is not where it should be, with checksums that are right."""
    width, height = rng.choices((28, rng.choice(SIZES)), (2, 1), k=2)
    depth, colour = rng.choice((1, 2, 4, 8, 16, 99)), rng.choice((0, 2, 3, 4, 6, 99))
    head = chunk(
        b"IHDR", struct.pack(">2I5B", width, height, depth, colour, 0, 0, rng.randrange(3))
    )
    parts = (
        head,  # a second one
        chunk(b"IHDR", b"short"),
        chunk(b"IDAT", rng.choice((BOMB, zlib.compress(bytes(28 * 29)), b""))),
        chunk(rng.choice((b"zTXt", b"iCCP")), b"bomb\0\0" + BOMB),
        chunk(b"acTL", struct.pack(">2I", 2**31, 0)),
        chunk(b"tRNS", bytes(rng.randrange(4))),
        chunk(rng.randbytes(4), b"?"),
        struct.pack(">I", 2**32 - 1) + b"IDAT",
    )
    start = rng.choice((head, data[8:33]))
    return data[:8] + start + b"".join(rng.sample(parts, rng.randrange(4))) + data[33:]


def is_sound(drawing: Drawing) -> bool:
    return (drawing.image.shape, drawing.image.dtype, drawing.label) == (
        (28, 28),
        np.uint8,
        7,
    ) and all(
        len(stroke) > 0 and stroke.shape[1:] == (2,) and np.isfinite(stroke).all()
        for stroke in drawing.strokes
    )


@pytest.mark.parametrize(
    ("suffix", "rewrite"), [(".png", rewrite_png), (".json", hostile.rewrite_json)]
)
def test_a_drawing_is_sound_or_left_out_with_a_sentence(path, suffix, rewrite):
    damaged = path.with_suffix(suffix)
    good = damaged.read_bytes()

    def load() -> Drawing:
        drawings, problems = load_drawings(path.parents[1])
        assert len(drawings) + len(problems) == 1
        for problem in problems:
            assert problem.startswith(f"7/{path.name} is left out: ") and len(problem) < 160
            assert str(path.parents[1]) not in problem and "Error" not in problem
            raise LabError(f"{damaged}: {problem}")
        return drawings[0]

    count = hostile.outcomes(load, damaged, [good], is_sound)
    assert count == {"taken": 1}
    count = hostile.outcomes(load, damaged, hostile.mutations(good, rewrite), is_sound)
    assert count["taken"] + count["refused"] == 300 and count["refused"] > 150


def test_what_is_no_file_or_too_large_is_not_read(path):
    good, strokes = path.read_bytes(), path.with_suffix(".json").read_bytes()
    pictures = [path.with_name(f"{name}.png") for name in "abcde"]
    for picture in pictures:
        picture.write_bytes(good)
        picture.with_suffix(".json").write_bytes(strokes)
    a, b, c, d, e = pictures
    for gone in (a, b.with_suffix(".json"), c.with_suffix(".json")):
        gone.unlink()
    os.mkfifo(a)
    os.mkfifo(b.with_suffix(".json"))
    c.with_suffix(".json").symlink_to("/dev/zero")
    d.write_bytes(good + bytes(1_000_000))
    e.with_suffix(".json").write_bytes(strokes + b" " * 4_000_000)
    path.with_name("folder.png").mkdir()
    drawings, problems = load_drawings(path.parents[1])
    assert [drawing.path for drawing in drawings] == [path]
    text = "\n".join(problems)
    assert text.count("is not a file") == 3 and "d.png is larger than 1 MB" in text
    assert "e.json is larger than 4 MB" in text and "folder.png" in text and len(problems) == 6
