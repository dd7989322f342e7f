"""01: digits and other pictures as arrays, from wherever they can be had, and pen strokes."""

from typing import Any

from .allographs import draw_forms, jitter, redraw, with_allographs, with_drawings
from .generated import generate_digits
from .handwriting import Handwriting, load_handwriting, put_on_canvas
from .image_set import ImageSet
from .images import load_images
from .mnist import Mnist, load_mnist
from .neighbours import nearest
from .variants import with_variants

__all__ = [
    "Handwriting",
    "ImageSet",
    "Mnist",
    "draw_forms",
    "generate_digits",
    "jitter",
    "load_handwriting",
    "load_images",
    "load_mnist",
    "nearest",
    "prepare_mnist",
    "put_on_canvas",
    "redraw",
    "with_allographs",
    "with_drawings",
    "with_variants",
]


def __getattr__(name: str) -> Any:
    if name == "prepare_mnist":  # with the seconds that TFDS takes, only where it is used
        from .tfds import prepare_mnist

        return prepare_mnist
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
