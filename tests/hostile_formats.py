"""Files of weights and of arrays that are in order but say something hostile: see `hostile`."""

import io
import json
import random
import zipfile
from collections.abc import Callable

import numpy as np
from hostile import FRAGMENTS, rewrite_json


def rewrite_safetensors(data: bytes, rng: random.Random) -> bytes:
    """Another type, shape, name, number, argument or header, often in a file that fits together."""
    end = 8 + int.from_bytes(data[:8], "little")
    if rng.random() < 0.2:
        return _with_header(rewrite_json(data[8:end], rng), data[end:])
    if rng.random() < 0.1:
        return rng.choice((0, 2, end, 2**40, 2**64 - 1)).to_bytes(8, "little") + data[8:]
    entries = json.loads(data[8:end])
    metadata = entries.pop("__metadata__")
    tensors = {k: (e["dtype"], e["shape"], _part(data[end:], e)) for k, e in entries.items()}
    name = rng.choice(list(tensors))
    dtype, shape, values = tensors[name]
    match rng.randrange(6):
        case 0:
            dtype, size = rng.choice(TYPES)
            tensors[name] = dtype, shape, bytes(size * int(np.prod(shape)))
        case 1:
            tensors[name] = dtype, [*shape[::-1], 1], values
        case 2:
            tensors[rng.choice(("x" * 100_000, "a\nb", "\x1b[2J"))] = tensors.pop(name)
        case 3:
            at = rng.randrange(len(values) // 4) * 4
            number = np.float32(rng.choice((np.nan, np.inf, -1, 3e38, -1e-40)))
            tensors[name] = dtype, shape, values[:at] + number.tobytes() + values[at + 4 :]
        case 4:
            del tensors[name]
        case _:
            metadata[rng.choice(list(metadata))] = rng.choice(FRAGMENTS)
    header, body = {"__metadata__": metadata}, b""
    for name, (dtype, shape, values) in tensors.items():
        offsets = [len(body), len(body) + len(values)]
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": offsets}
        body += values
    return _with_header(json.dumps(header).encode(), body)


TYPES = (("F64", 8), ("F16", 2), ("BF16", 2), ("I64", 8), ("I32", 4), ("U32", 4), ("I8", 1))
TYPES += (("BOOL", 1), ("C64", 8), ("F8_E4M3", 1), ("F8_E5M2", 1), ("F32", 4))


def _part(body: bytes, entry: dict) -> bytes:
    return body[slice(*entry["data_offsets"])]


def _with_header(header: bytes, body: bytes) -> bytes:
    return len(header).to_bytes(8, "little") + header + body


def rewrite_npz(data: bytes, rng: random.Random) -> bytes:
    """An array of another type or shape, with other numbers, missing, packed with a lie, a bomb."""
    with np.load(io.BytesIO(data)) as loaded:
        others = {name: loaded[name] for name in loaded.files}
    name = rng.choice(list(others))
    array = others.pop(name)
    kinds: tuple[Callable[[], np.ndarray | None], ...] = (
        lambda: np.zeros_like(
            array, rng.choice(("f4", "f8", "i1", ">i4", "c8", "?", "O", "U9", "S9"))
        ),
        lambda: array[..., None],
        lambda: array[:-1] if array.ndim else array[None],
        lambda: np.full_like(array, rng.choice((-1, 10, 99)), dtype=np.int64),
        lambda: np.empty((0, *array.shape[1:]), array.dtype),
        lambda: np.asfortranarray(array),
        lambda: np.array(rng.choice(("../../x", "generated", "x" * 100_000, "\x1b[2J\n"))),
        lambda: np.zeros((2, 2), [("a", "i4"), ("b", "f8", 3)]),
        lambda: None,
    )
    buffer = io.BytesIO()
    changed = rng.choice(kinds)()
    if changed is not None:
        others[name] = changed
    np.savez(buffer, **others)
    if changed is None and rng.random() < 0.8:
        with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            archive.writestr(f"{name}.npy", rng.choice(NPY)())
    return buffer.getvalue()


def _npy(header: str) -> bytes:
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + bytes(64)


NPY: tuple[Callable[[], bytes], ...] = (
    lambda: bytes(100_000_000),
    lambda: b"",
    lambda: _npy("{'descr': '|u1', 'fortran_order': False, 'shape': (9000000000000, 28, 28), }"),
    lambda: _npy("{'descr': '|u1', 'fortran_order': False, 'shape': (-1, 28, 28), }"),
    lambda: _npy("{'descr': '|u1', 'fortran_order': False, 'shape': (True, 28, 28), }"),
    lambda: _npy("{'descr': '|V0', 'fortran_order': False, 'shape': (9000000000000,), }"),
    lambda: _npy("{'descr': '|O', 'fortran_order': False, 'shape': (3,), }"),
    lambda: _npy("{'descr': [['x']], 'fortran_order': 3, 'shape': 3, }"),
    lambda: _npy("{'descr': " + "(" * 3000 + ")" * 3000 + "}"),
    lambda: _npy("__import__('os').system('true')"),
)
