"""Pictures as PNG: as bytes for a file, as an address for a page."""

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
