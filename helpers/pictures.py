"""Pictures as bytes for a file or as an address for a page, and films of them."""

import base64
import io
from typing import Any

import numpy as np
from PIL import Image


def png_bytes(picture: Image.Image, **options: Any) -> bytes:
    """The file that holds the picture; `options` are Pillow's for PNG, `optimize` for one."""
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", **options)
    return buffer.getvalue()


def png_url(image: np.ndarray) -> str:
    """A uint8 image, (h, w) or (h, w, 3), as the address of a PNG that holds it."""
    data = base64.b64encode(png_bytes(Image.fromarray(image)))
    return f"data:image/png;base64,{data.decode()}"


def film(frames: np.ndarray, seconds: float = 0.1, rest: float = 0.1) -> bytes:
    """A GIF of frames, uint8 (n, height, width), in 8 greys, that starts again after its end.

    Each frame stands for `seconds`, the last one for `rest`.
    """
    images = [Image.fromarray(frame).quantize(8, dither=Image.Dither.NONE) for frame in frames]
    durations = [1000 * seconds] * (len(images) - 1) + [1000 * rest]
    buffer = io.BytesIO()
    images[0].save(
        buffer, "GIF", save_all=True, append_images=images[1:], duration=durations, loop=0
    )
    return buffer.getvalue()
