"""The button that teaches a network the drawings that were kept, and what came of it."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from ipywidgets import HTML, FloatProgress, HBox

from .. import LabError
from ..panel import Panel, sentence
from ..pictures import png_url
from ..recogniser import Lesson, Recogniser
from .drawing_files import Drawing
from .drawing_pad import LOOKS, DrawingPad
from .gallery import Gallery


class Teach(Protocol):
    """What teaches a copy of `model` N drawings with labels (N,): `helpers.cnn.teach`.

    It calls `progress` with the share that is done, 0 to 1, and the history of the training.
    """

    def __call__(
        self,
        model: Any,
        drawings: Sequence[Sequence[np.ndarray]],
        labels: np.ndarray,
        progress: Callable[[float, dict[str, Any]], None],
        /,
    ) -> Lesson: ...


class TeachPanel(Panel):
    """Teaches a copy of the recogniser `name` of `pad` the drawings of `gallery`.

    The result of `teach` is shown, and kept (in the file `path`, and on the pad) or discarded at a
    button. The pad goes on reading meanwhile: the lesson has a thread of its own, `thread`. Raises
    LabError where the pad has no such recogniser.
    """

    def __init__(
        self, pad: DrawingPad, gallery: Gallery, teach: Teach, path: str | Path, name: str
    ):
        super().__init__(LOOKS)
        if name not in pad.models:
            raise LabError(
                f"The pad has no recogniser called {name}, only {', '.join(pad.models)}."
            )
        self._pad, self._gallery, self._teach = pad, gallery, teach
        self._path, self._name = Path(path), name
        self.thread: threading.Thread | None = None
        self.lesson: Lesson | None = None
        self._drawings: list[Drawing] = []
        title = f"Teach the {name} with what you kept"
        self.teach_button = self.button(
            title,
            "graduation-cap",
            "A copy learns your ways of writing among digits of MNIST",
            self.start,
        )
        self.keep_button = self.button(
            "Use the copy", "check", "The pad reads with the taught copy from now on", self.keep
        )
        self.discard_button = self.button(
            "Discard the copy", "times", "Stay with the network as it was", self.discard
        )
        self._bar, self._table = FloatProgress(0, max=1), HTML()
        self._choice = HBox([self.keep_button, self.discard_button])
        row = HBox([self.teach_button, self._bar, self._choice]).add_class("dp-teach")
        self.show(row, self._table, self.status)
        self._show(None)
        gallery.changed = self._drawings_changed

    def __repr__(self) -> str:
        return "TeachPanel (run the notebook in Jupyter to teach the network)"

    def start(self) -> None:
        """Begin to teach; LabError when it runs already or nothing was kept."""
        if self.thread and self.thread.is_alive():
            raise LabError("It is learning already: a few seconds more.")
        if not self._gallery.drawings:
            raise LabError(f"Keep a drawing first: that is what the {self._name} learns from.")
        self._show(None)
        self._bar.layout.visibility = "visible"
        self.say("A copy is learning. You can go on drawing.")
        self._drawings = list(self._gallery.drawings)
        model = self._pad.models[self._name]
        self.thread = threading.Thread(target=self._learn, args=(model,), daemon=True)
        self.thread.start()

    def keep(self) -> None:
        """Write the taught copy to the file and read with it from now on."""
        lesson = self.lesson
        if not lesson:
            return
        facts = {"taught": len(lesson.labels), "validation_sample_accuracy": lesson.others[1]}
        lesson.model.save(self._path, **facts)
        self._pad.use(self._name, lesson.model)
        self._show(None)
        place = "/".join(self._path.parts[-3:])
        self.say(f"The pad reads with it now. It is kept in {place}; delete that file to go back.")

    def discard(self) -> None:
        """Forget the taught copy."""
        self._show(None)
        self.say(f"Discarded: the pad reads with the {self._name} as before.")

    def _learn(self, model: Recogniser) -> None:
        strokes = [drawing.strokes for drawing in self._drawings]
        labels = np.array([drawing.label for drawing in self._drawings])
        try:
            lesson = self._teach(model, strokes, labels, self._progress)
            with self._lock:
                self._show(lesson)
                self.say("Use the taught copy?")
        except Exception as error:
            self.say(sentence(error), True)
        finally:
            self._bar.layout.visibility = "hidden"
            self._bar.value = 0

    def _drawings_changed(self) -> None:
        """What was said of other drawings is no longer true."""
        if not self.lesson and not (self.thread and self.thread.is_alive()):
            self.say("")

    def _progress(self, share_done: float, _history: dict[str, Any]) -> None:
        if share_done - self._bar.value >= 0.02 or share_done == 1:
            self._bar.value = share_done

    def _show(self, lesson: Lesson | None) -> None:
        self.lesson = lesson
        self._choice.layout.visibility = "visible" if lesson else "hidden"
        self._bar.layout.visibility = "hidden"
        self._table.value = _table(lesson, self._drawings) if lesson else ""


def _table(lesson: Lesson, drawings: list[Drawing]) -> str:
    """What the lesson changed: how many are read right before and after, and which drawings."""
    right = [int((read == lesson.labels).sum()) for read in (lesson.before, lesson.after)]
    rows = [
        (f"of your {len(drawings)} drawings, right", *map(str, right)),
        ("of new ones, redrawn from them", *(f"{share:.0%}" for share in lesson.redrawn)),
        ("of MNIST's digits, from a sample", *(f"{share:.2%}" for share in lesson.others)),
    ]
    lines = "".join(f"<tr><td>{name}</td><td>{a}</td><td>{b}</td></tr>" for name, a, b in rows)
    changed = "".join(
        f'<figure><img src="{png_url(drawing.image)}" alt="A drawing of a {drawing.label}">'
        f"<figcaption>{before} → <b>{after}</b></figcaption></figure>"
        for drawing, before, after in zip(drawings, lesson.before, lesson.after, strict=True)
        if before != after
    )
    return (
        f'<div class="dp-lesson" data-before="{right[0]}" data-after="{right[1]}">'
        f"<table><tr><th></th><th>before</th><th>after</th></tr>{lines}</table>"
        f'<div class="dp-changed">{changed}</div></div>'
    )
