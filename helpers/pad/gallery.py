"""The drawings that were kept, as a widget: keep, look at, relabel, delete."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from ipywidgets import HTML, Button, Dropdown, FileUpload, HBox, Label, ToggleButtons

from ..panel import Panel, status_line
from ..pictures import png_url
from .drawing_files import Drawing
from .drawing_pad import LOOKS, DrawingPad
from .kept_drawings import delete_drawing, load_drawings, relabel_drawing, save_drawing
from .page_drawings import unpack_drawings


class Gallery(Panel):
    """Keeps what is drawn on `pad` in `folder`, under the digit that was meant, and shows it.

    `drawings` are those of the folder, as `load_drawings` gives them. What is in the folder but is
    no drawing is named in a sentence and left alone.
    """

    def __init__(self, pad: DrawingPad, folder: str | Path) -> None:
        super().__init__(LOOKS)
        self._pad, self._folder = pad, Path(folder)
        self.drawings: list[Drawing] = []
        self.keep_buttons: list[Button] = [
            self.button(str(digit), "", f"Keep the drawing as a {digit}", partial(self.keep, digit))
            for digit in range(10)
        ]
        self._title, self._pictures, self._problems = HTML(), HTML(), HTML()
        self.thumbnails = ToggleButtons(options=[]).add_class("dp-thumbnails")
        self.thumbnails.observe(self.guarded(lambda _: self._choose()), "value")
        whole = {"description_width": "initial"}
        self.label = Dropdown(options=range(10), description="This one is a", style=whole)
        self.label.observe(self.guarded(lambda change: self.relabel(change["new"])), "value")
        self.open_button = self.button("Open", "pencil", "Put it on the pad", self.redraw)
        self.delete_button = self.button("Delete", "trash", "Delete this drawing", self.delete)
        self.restore_button = self.button("Put it back", "undo", "Undo the deletion", self.restore)
        self.upload = FileUpload(accept=".json", description="Load drawings of the page")
        self.upload.tooltip = "A file that the page, the pad as one HTML file, saved"
        self.upload.observe(self.guarded(lambda change: self.load(change["new"])), "value")
        self._deleted: Drawing | None = None
        self.changed: Callable[[], None] = lambda: None  # called when drawings come or go
        self._tools = HBox([self.label, self.open_button, self.delete_button]).add_class(
            "dp-chosen"
        )
        restore = HBox([self.restore_button]).add_class("dp-chosen")
        keep = HBox([Label("Keep it as the digit you meant:"), *self.keep_buttons])
        keep.add_class("dp-keep")
        head = HBox([self._title, self.upload]).add_class("dp-chosen").add_class("dp-title-row")
        drawings = [head, self._pictures, self.thumbnails, self._tools, restore]
        self.show(keep, *drawings, self._problems, self.status)
        self.guarded(self.refresh)()

    def __repr__(self) -> str:
        return "Gallery (run the notebook in Jupyter to see the drawings)"

    def keep(self, label: int) -> None:
        """Save what is on the pad as a drawing of `label`, and clear the pad."""
        save_drawing(self._folder, label, self._pad.image, self._pad.strokes)
        self._pad.clear()
        self.refresh()
        self.say(f"Kept as a {label} in {self._folder.name}/{label}. Draw the next one!")

    def load(self, files: Sequence[Mapping]) -> None:
        """Keep the drawings of files that the page saved, as `FileUpload` gives them."""
        if not files:
            return
        self.upload.value = ()  # the same file can be chosen again
        count = sum(unpack_drawings(bytes(file["content"]), self._folder) for file in files)
        self.refresh()
        self.say(f"Loaded {count} drawings.")

    def relabel(self, label: int) -> None:
        """Give the chosen drawing another label."""
        if self.chosen and self.chosen.label != label:
            relabel_drawing(self.chosen.path, label)
            self.refresh()
            self.say(f"Now it is a {label}.")

    def delete(self) -> None:
        """Delete the chosen drawing."""
        if deleted := self.chosen:
            delete_drawing(deleted.path)
            self._deleted = deleted
            self.refresh()
            self.say(f"The {deleted.label} is deleted.")

    def restore(self) -> None:
        """Keep again what was deleted last."""
        if deleted := self._deleted:
            save_drawing(self._folder, deleted.label, deleted.image, deleted.strokes)
            self._deleted = None
            self.refresh()
            self.say(f"The {deleted.label} is back.")

    def redraw(self) -> None:
        """Put the chosen drawing on the pad."""
        if self.chosen:
            self._pad.replay(self.chosen.strokes)

    @property
    def chosen(self) -> Drawing | None:
        """The drawing whose thumbnail is pressed."""
        index = self.thumbnails.index
        return None if index is None else self.drawings[index]

    def refresh(self) -> None:
        """Show what is in the folder now."""
        drawings, problems = load_drawings(self._folder)
        drawings.sort(key=lambda drawing: drawing.label)
        self.thumbnails.value = None
        self.drawings = drawings
        rules = [
            f".dp-thumbnails button:nth-of-type({number}) "
            f"{{ background-image: url({png_url(drawing.image)}); }}"
            for number, drawing in enumerate(drawings, 1)
        ]
        self._pictures.value = f"<style>{''.join(rules)}</style>"
        self.thumbnails.options = [
            (f"{d.label} no. {n}", str(d.path)) for n, d in numbered(drawings)
        ]
        self.thumbnails.value = None
        self._choose()
        many = f"{len(drawings)} drawings kept"
        count = {0: "Nothing kept yet", 1: "One drawing kept"}.get(len(drawings), many)
        self._title.value = f'<div class="dp-title" data-drawings="{len(drawings)}">{count}</div>'
        self._problems.value = "".join(status_line(problem, True) for problem in problems)
        self.restore_button.layout.display = "" if self._deleted else "none"
        self.changed()

    def _choose(self) -> None:
        self._tools.layout.display = "flex" if self.chosen else "none"
        if self.chosen:
            self.label.value = self.chosen.label


def numbered(drawings: Iterable[Drawing]) -> Iterator[tuple[int, Drawing]]:
    """Each drawing with its number among those of its label, from 1."""
    seen: Counter[int] = Counter()
    for drawing in drawings:
        seen[drawing.label] += 1
        yield seen[drawing.label], drawing
