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


def film(frames: np.ndarray, seconds: float = 0.1, rest: float = 0.1, kind: str = "PNG") -> bytes:
    """An animation of frames, uint8 (n, height, width) or (n, height, width, 3), that starts again.

    It has 8 greys, or 8 steps of each colour. Each frame stands for `seconds`, the last one for
    `rest`. It is a PNG, which every viewer of notebooks shows (one that knows no animations shows
    the last frame), or a "GIF".
    """
    greys = np.round(np.round(frames / 255 * 7) / 7 * 255).astype(np.uint8)
    images = [Image.fromarray(grey) for grey in greys]
    durations = [1000 * seconds] * (len(images) - 1) + [1000 * rest]
    options: dict[str, Any] = {"save_all": True, "duration": durations, "loop": 0}
    buffer = io.BytesIO()
    if kind == "PNG":
        options |= {"append_images": images, "default_image": True}
        images[-1].save(buffer, kind, **options)
    else:
        images[0].save(buffer, kind, append_images=images[1:], **options)
    return buffer.getvalue()
