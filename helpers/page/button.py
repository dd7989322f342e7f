"""A button that writes the pad, with the networks that read on it, as one page."""

from pathlib import Path

from ipywidgets import HBox

from ..cnn import DigitCNN
from ..files import excerpt
from ..mlp import MLP
from ..pad import DrawingPad
from ..panel import Panel
from .build import save_page


class PageButton(Panel):
    """Writes `pad`, with those of its networks that are ours, as one HTML file at `path`."""

    def __init__(self, pad: DrawingPad, path: str | Path) -> None:
        super().__init__()
        self._pad, self._path = pad, Path(path)
        about = "One HTML file that opens in any browser, on a phone too"
        self.save_button = self.button("Take the pad with you", "download", about, self.save)
        self.show(HBox([self.save_button]), self.status)

    def __repr__(self) -> str:
        return "PageButton (run the notebook in Jupyter to press it)"

    def save(self) -> None:
        """Write the page, and say where it is."""
        readers = list(self._pad.models.values())
        cnn = next((model for model in readers if isinstance(model, DigitCNN)), None)
        mlp = next((model for model in readers if isinstance(model, MLP)), None)
        size = save_page(self._path, cnn=cnn, mlp=mlp).stat().st_size
        where = excerpt("/".join(self._path.parts[-2:]))
        self.say(f"Written to {where}, {size / 1e6:.1f} MB: copy it anywhere, and open it.")
