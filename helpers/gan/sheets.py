"""What a generator draws, as sheets of paper, and the film of its progress."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image

from .. import LabError
from ..files import write_atomically
from ..pictures import film, png_bytes
from .networks import Generator


def sample_sheet(generator: Generator, rows: int = 8) -> np.ndarray:
    """Digits on paper, uint8 (30 * rows, 300): a latent a row, a digit a column, black on white.

    The latents are the same on every call. Without classes each place has its own, and fewer than
    ten begin again. A side of 32 makes 34 of 30; in colour the sheet is (34 * rows, 340, 3).
    """
    repeats = 10 if generator.classes else 1
    n_latents = 10 * rows // repeats
    chance = torch.Generator().manual_seed(0)
    latents = torch.randn(n_latents, generator.latent_dim, generator=chance)
    wishes = np.arange(10 * rows) % 10 % (generator.classes or 10)
    images = generator.draw(latents.repeat_interleave(repeats, 0), wishes)
    on_paper = images if generator.channels > 1 else 255 - images
    frame = [(0, 0), (1, 1), (1, 1), (0, 0)][: images.ndim]
    framed = np.pad(on_paper, frame, constant_values=255)  # (10 * rows, 30, 30)
    cell = framed.shape[1:]
    table = framed.reshape(rows, 10, *cell).swapaxes(1, 2)
    return table.reshape(rows * cell[0], 10 * cell[1], *cell[2:])


def save_sheet(sheet: np.ndarray, path: str | Path) -> Path:
    """Write a sheet, (height, width) or (height, width, 3), as a PNG of twice its size."""
    height, width = sheet.shape[:2]
    large = Image.fromarray(sheet).resize((2 * width, 2 * height), Image.Resampling.BICUBIC)
    return write_atomically(path, png_bytes(large, optimize=True))


def save_film(folder: str | Path, path: str | Path, shrink: int = 1) -> Path:
    """Write the sheets epoch_*.png of a folder, in their order, as a film that rests on the last.

    `path` ends in .png or .gif. The sides are those of the sheets divided by `shrink`. Raises
    LabError where there is no sheet.
    """
    files = sorted(Path(folder).glob("epoch_*.png"))
    if not files:
        raise LabError(f"{folder} holds no sheets epoch_001.png, …: train a generator first.")
    sheets = np.stack([np.array(Image.open(file).reduce(shrink)) for file in files])
    return write_atomically(path, film(sheets, 0.25, 3, Path(path).suffix[1:].upper()))
