"""One trial of a sweep: a training of DigitCNN with settings out of a space, and its loss."""

import contextlib
import functools
import io
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ..recogniser import log_loss
from ..training_run import History
from .distort import distort
from .network import DigitCNN
from .studies import sign
from .training import fit

if TYPE_CHECKING:
    import optuna

Space = Mapping[str, Sequence[float]]
SPACE: Space = {  # (low, high): all between, evenly by logarithm where low > 0; [a, b, …]: choices
    "learning_rate": (0.02, 1.0),
    "weight_decay": (1e-5, 1e-2),
    "batch_size": [64, 128, 256],
    "distortion": (0.0, 2.0),  # of `distort`: its strength
    "width": [8, 12, 16, 24],  # of the network
}
DEFAULTS = {
    "learning_rate": 0.2,
    "weight_decay": 5e-4,
    "batch_size": 128,
    "distortion": 1.0,
    "width": 16,
}
REPORTS = 9  # parts of a trial: between two of them it may be pruned


def train_with(
    settings: Mapping[str, Any], images: np.ndarray, labels: np.ndarray, **options: Any
) -> tuple[DigitCNN, History]:
    """A new DigitCNN trained with these settings, others as in `DEFAULTS`, and its history.

    `options` are further arguments of `fit`; its `seed` also decides the first weights.
    """
    model, recipe = _network_and_recipe(settings, options.get("seed", 0))
    return model, fit(model, images, labels, **recipe, **options)


def _network_and_recipe(settings: Mapping[str, Any], seed: int) -> tuple[DigitCNN, dict[str, Any]]:
    """The network that the settings ask for, and what they mean for `fit`."""
    recipe: dict[str, Any] = DEFAULTS | dict(settings)
    torch.manual_seed(seed)
    model = DigitCNN(recipe.pop("width"))
    return model, recipe | {"augment": functools.partial(_distort, recipe.pop("distortion"))}


def _distort(distortion: float, images: torch.Tensor, strength: float) -> torch.Tensor:
    return distort(images, distortion * strength)


class Objective:
    """What Optuna calls with each trial: a training, and the loss that it leads to."""

    def __init__(
        self,
        images: np.ndarray,
        labels: np.ndarray,
        validation: tuple[np.ndarray, np.ndarray],
        space: Space,
        epochs: int,
        log_dir: str | Path | None,
    ) -> None:
        self.digits, self.validation = (images, labels), validation
        self.space, self.epochs, self.log_dir = space, epochs, log_dir

    def __call__(self, trial: "optuna.Trial") -> float:
        sign(trial)
        settings = {name: _suggest(trial, name, values) for name, values in self.space.items()}
        model, recipe = _network_and_recipe(settings, trial.number)
        self.seen = 0
        with _noticing_a_stop() as stopped, contextlib.redirect_stdout(io.StringIO()):
            fit(
                model,
                *self.digits,
                epochs=self.epochs,
                seed=trial.number,
                show_progress=False,
                progress=functools.partial(self.look, trial, model),
                **recipe,
            )
        if stopped.is_set():
            raise KeyboardInterrupt
        loss = log_loss(model, *self.validation)
        if self.log_dir:
            _log(
                Path(self.log_dir) / trial.study.study_name / f"{trial.number:04d}", settings, loss
            )
        return loss

    def look(
        self, trial: "optuna.Trial", model: DigitCNN, share_done: float, history: History
    ) -> None:
        """Let the pruner, if there is one, see how far the training has come."""
        from optuna import TrialPruned
        from optuna.pruners import NopPruner

        step = int(REPORTS * share_done + 1e-9)
        if isinstance(trial.study.pruner, NopPruner) or step in (self.seen, REPORTS):
            return
        self.seen = step
        few = (part[:1000] for part in self.validation)  # all would cost more than is saved
        trial.report(log_loss(model, *few), step)
        if trial.should_prune():
            raise TrialPruned


def _suggest(trial: "optuna.Trial", name: str, values: Sequence[float]) -> Any:
    if isinstance(values, list):
        return trial.suggest_categorical(name, values)
    low, high = values
    if isinstance(low, int) and isinstance(high, int):
        return trial.suggest_int(name, low, high, log=low > 0)
    return trial.suggest_float(name, low, high, log=low > 0)


@contextlib.contextmanager
def _noticing_a_stop() -> Iterator[threading.Event]:
    """Whether Ctrl-C was pressed: `fit` takes it as the wish to end and keeps it to itself."""
    stopped, usual = threading.Event(), signal.default_int_handler

    def stop(number: int, frame: object) -> None:
        stopped.set()
        raise KeyboardInterrupt

    in_main = threading.current_thread() is threading.main_thread()
    if not in_main or signal.getsignal(signal.SIGINT) is not usual:
        yield stopped
        return
    signal.signal(signal.SIGINT, stop)
    try:
        yield stopped
    finally:
        signal.signal(signal.SIGINT, usual)


def _log(folder: Path, settings: dict[str, Any], loss: float) -> None:
    """A trial for TensorBoard's tab HParams (Optuna's own callback would import TensorFlow)."""
    from torch.utils.tensorboard import SummaryWriter

    try:
        with SummaryWriter(str(folder)) as writer:
            writer.add_hparams(settings, {"validation/loss": loss}, run_name=".")
    except OSError as error:
        print(f"{folder} could not be written: {error.strerror or error}. The sweep goes on.")
