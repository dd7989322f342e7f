"""The pad as one HTML file: opens anywhere, reads with the network you just trained."""

from .build import save_page

__all__ = ["save_page"]
