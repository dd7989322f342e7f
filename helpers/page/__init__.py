"""The pad as one HTML file: opens anywhere, reads with the network you just trained."""

from .build import save_page
from .button import PageButton

__all__ = ["PageButton", "save_page"]
