"""05: the pad to draw on, the way from its strokes to an image, and what is kept of them."""

from ..strokes import rasterize, smooth
from .canvas import PEN, SIDE
from .drawing_files import Drawing
from .drawing_pad import DrawingPad
from .gallery import Gallery
from .kept_drawings import delete_drawing, load_drawings, relabel_drawing, save_drawing
from .page_drawings import unpack_drawings
from .teach_panel import TeachPanel

__all__ = [
    "PEN",
    "SIDE",
    "Drawing",
    "DrawingPad",
    "Gallery",
    "TeachPanel",
    "delete_drawing",
    "load_drawings",
    "rasterize",
    "relabel_drawing",
    "save_drawing",
    "smooth",
    "unpack_drawings",
]
