"""Files as a bad disk, a broken download or an enemy leaves them, each made from a good one.

A format's test takes `mutations(data, rewrite)`, 300 contents that are the same every time, and
`outcomes`, which loads them all. `rewrite` changes what a file says instead of its bytes.
"""

import gzip
import json
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from helpers import LabError

Rewrite = Callable[[bytes, random.Random], bytes]
DAMAGES = (  # of a gzip file: gone, cut off, a page of the web, another one
    lambda path: path.unlink(),
    lambda path: path.write_bytes(path.read_bytes()[:900]),
    lambda path: path.write_text("<!doctype html><p>Not found"),
    lambda path: path.write_bytes(gzip.compress(b"other pictures")),
)

FRAGMENTS = (  # of JSON, where something else is expected
    *(
        "null",
        "true",
        "false",
        "-1",
        "0",
        "1.5",
        "1e999",
        "NaN",
        "-Infinity",
        "9" * 400,
        "9" * 5000,
    ),
    *('""', '"7"', '"../x"', '"\\u001b[31m\\n"', '"\\ud800"', f'"{"x" * 100_000}"'),
    *("[]", "{}", "[[]]", '[{"a": 1}]', "[" * 900 + "]" * 900, "[" * 100_000 + "]" * 100_000),
)


def mutations(data: bytes, rewrite: Rewrite | None = None, n: int = 300) -> Iterator[bytes]:
    """`n` damaged copies of a file, the same on every call; `rewrite` makes every other one."""
    for case in range(n):
        rng = random.Random(case)
        yield rewrite(data, rng) if rewrite and case % 2 else damage(data, rng)


def outcomes(
    load: Callable[[], Any], path: Path, contents: Iterable[bytes], valid: Callable[[Any], bool]
) -> Counter:
    """How often `load` took and how often it refused `path`, with each of the contents in it.

    What it takes must be `valid`, what it refuses be refused with LabError in a sentence.
    """
    count: Counter = Counter()
    for case, content in enumerate(contents):
        path.write_bytes(content)
        try:
            assert valid(load()), f"case {case}"
            count["taken"] += 1
        except LabError as error:
            assert_one_sentence(error, path)
            count["refused"] += 1
        except Exception as error:
            raise AssertionError(f"case {case}: a raw {type(error).__name__}") from error
    return count


def assert_one_sentence(error: LabError, path: Path | str = "") -> None:
    """It names the path, says something about it on one short line, and ends."""
    text = str(error)
    assert str(path) in text and text.endswith("."), text
    rest = text.replace(str(path), "") if path else text
    assert rest.isprintable() and len(rest) < 300, text


def damage(data: bytes, rng: random.Random) -> bytes:
    """A copy with bits turned, cut off, or with a stretch overwritten, lost, doubled or moved."""
    start, end = sorted(rng.randrange(len(data) + 1) for _ in range(2))
    if rng.random() < 0.5:
        end = min(end, start + 16)
    head, stretch, tail = data[:start], data[start:end], data[end:]
    match rng.randrange(7):
        case 0 | 1:
            flipped = bytearray(data)
            for _ in range(rng.choice((1, 1, 2, 8, 64))):
                flipped[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
            return bytes(flipped)
        case 2:
            return head
        case 3:
            return head + rng.choice((b"\0", b"\xff", b"9")) * len(stretch) + tail
        case 4:
            return head + tail
        case 5:
            return head + stretch + stretch + tail
    return head + tail + stretch


def rewrite_json(data: bytes, rng: random.Random) -> bytes:
    """Somewhere in the tree another value, none, the same twice, or a name of 100,000 letters."""
    tree = [json.loads(data)]
    parent, key = tree, 0
    while isinstance(parent[key], dict | list) and parent[key] and rng.random() < 0.8:
        parent = parent[key]
        key = rng.choice(list(parent) if isinstance(parent, dict) else range(len(parent)))
    change = rng.randrange(6) if parent is not tree else 0
    if change == 1:
        del parent[key]
    elif change == 2 and isinstance(parent, list):
        parent.append(parent[key])
    elif change == 3 and isinstance(parent, dict):
        parent["x" * 100_000] = parent.pop(key)
    else:
        parent[key] = "@"
    text = json.dumps(tree[0])
    return text.replace('"@"', rng.choice(FRAGMENTS)).encode()


def rewrite_gzip(rewrite: Rewrite) -> Rewrite:
    """Rewrites what is packed."""
    return lambda data, rng: gzip.compress(rewrite(gzip.decompress(data), rng), 1)
