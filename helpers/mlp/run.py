"""What goes on around the steps of a training: the bar, the lines, the last good weights."""

import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Self

import numpy as np
from tqdm.auto import tqdm

from ..recogniser import evaluate

if TYPE_CHECKING:
    from .network import MLP

Digits = tuple[np.ndarray, np.ndarray]  # images uint8 (N, 28, 28), labels int64 (N,)
History = dict[str, list[float]]


class Diverged(Exception):
    """A run whose numbers are no longer finite; its message says which."""


class Run:
    """The context of `fit_mlp`: its `history` grows, and nothing good is lost.

    Inside, KeyboardInterrupt ends the run and what was learnt stays; `Diverged` ends it and the
    last good epoch comes back, or what was there before the first. A line says which.
    """

    def __init__(
        self,
        model: "MLP",
        epochs: int,
        steps: int,
        validation: Digits | None,
        show_progress: bool,
        progress: Callable[[float, History], None] | None,
    ) -> None:
        self.model, self.n_epochs, self.steps = model, epochs, steps
        self.validation, self.progress = validation, progress
        self.history: History = {"loss": [], "seconds": []}
        if validation:
            self.history["validation_accuracy"] = []
        self.epoch, self.good = 1, model.parameters.copy()
        self.bar = tqdm(total=steps, unit="batch", leave=False, disable=not show_progress)

    def __enter__(self) -> Self:
        return self

    def epochs(self) -> Iterator[int]:
        """The number of each epoch, from 1; it ends, and is good, where the next is asked for."""
        for epoch in range(1, self.n_epochs + 1):
            self.epoch = epoch
            began, first_step = time.perf_counter(), len(self.history["loss"])
            yield epoch
            seconds = time.perf_counter() - began
            if not self._is_finite():
                raise Diverged("the weights are no longer finite")
            self.good[:] = self.model.parameters
            line = f"epoch {epoch}: loss {np.mean(self.history['loss'][first_step:]):.3f}"
            if self.validation:
                accuracy = evaluate(self.model, *self.validation)
                self.history["validation_accuracy"].append(accuracy)
                line += f", validation accuracy {accuracy:.2%}"
            self.history["seconds"].append(seconds)
            if not self.bar.disable:
                tqdm.write(f"{line} ({seconds:.1f} s)")

    def count(self, loss: float) -> None:
        """Note the loss of a step that was taken, and tell how far the run has come."""
        losses = self.history["loss"]
        losses.append(loss)
        self.bar.set_postfix_str(f"loss {loss:.3f}", refresh=False)
        self.bar.update()
        if self.progress:
            self.progress(len(losses) / self.steps, self.history)

    def last_values(self) -> dict[str, float]:
        """The last number of each list, of the loss that of the last whole epoch."""
        whole = len(self.history["seconds"]) * (self.steps // self.n_epochs)
        lists = self.history | {"loss": self.history["loss"][:whole]}
        return {name: values[-1] for name, values in lists.items() if values}

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> bool:
        self.bar.close()
        if not isinstance(error, Diverged | KeyboardInterrupt):
            return False
        kept = "what was learnt so far is kept"
        if not (isinstance(error, KeyboardInterrupt) and self._is_finite()):
            self.model.parameters[:] = self.good
            epoch = len(self.history["seconds"])
            kept = f"what was learnt by epoch {epoch} is kept" if epoch else "nothing is changed"
        if isinstance(error, Diverged):
            kept = f"{error}, try a smaller learning_rate; {kept}"
        tqdm.write(f"Stopped in epoch {self.epoch} of {self.n_epochs}: {kept}.")
        return True

    def _is_finite(self) -> bool:
        return bool(np.isfinite(self.model.parameters).all())
