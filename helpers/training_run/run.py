"""What goes on around the epochs of a training run, the same for every network.

A run can be stopped at any moment and keeps what it has learnt; one that was killed goes on from
its checkpoint, bit for bit; one that goes astray ends with its last good epoch.
"""

import contextlib
import copy
import functools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import torch
from torch import nn

from .. import LabError
from .checkpoint import fingerprint, load_checkpoint, name_for, save_checkpoint
from .processes import from_first, process_number

History = dict[str, Any]
Part = nn.Module | torch.optim.Optimizer | torch.Tensor


class WentWrong(Exception):
    """A run that is lost; its message says in one sentence why."""


class TrainingRun:
    """The context of a training: `with TrainingRun(…) as run: for epoch in run.epochs(10, seed): …`

    `parts` are what the run changes: networks, optimisers, tensors. `history` is filled by the
    loop; it has a list `seconds`, a number for each whole epoch. With `checkpoint` the state is
    kept there after each epoch until the run is complete; the fingerprint of `settings` is added to
    the name, so that every run has a file of its own: checkpoint-1a2b3c4d.pt. With `log_dir` there
    is a TensorBoard log. Where either cannot be written, that is said once, and training goes on.
    Of several processes the first one writes, and what it finds is what all go on with.

    Inside, KeyboardInterrupt ends the run and what was learnt stays; `WentWrong` ends it and the
    last good epoch comes back. Afterwards the networks are in evaluation mode.
    """

    def __init__(
        self,
        parts: Mapping[str, Part],
        history: History,
        settings: Sequence[object],
        checkpoint: str | Path | None = None,
        log_dir: str | Path | None = None,
    ) -> None:
        self._parts, self._history, self._settings = parts, history, settings
        self._checkpoint, self._log_dir = checkpoint, log_dir
        self._file: Path | None = None
        self._fingerprint = ""
        self._writer: Any = None
        self._good = self._state()
        self._warned: set[str] = set()
        self.epoch = 1

    def __enter__(self) -> Self:
        return self

    def epochs(self, n: int, seed: int) -> Iterator[int]:
        """The numbers of the epochs that are still to come, up to `n`, with torch seeded for each.

        An epoch ends where the next one is asked for: then it counts as good and is kept.
        """
        self._go_on(n)
        self._open_log()
        for epoch in range(len(self._history["seconds"]) + 1, n + 1):
            self.epoch = epoch
            torch.manual_seed(1000 * seed + epoch)  # an epoch's chance depends on nothing before it
            for network in self._networks():
                network.train()
            yield epoch
            self._keep()

    def log(self, write: Callable[[Any], None]) -> None:
        """Let `write` put something into the TensorBoard log, a SummaryWriter, if there is one."""
        if self._writer:
            try:
                write(self._writer)
                self._writer.flush()
            except (LabError, OSError) as error:
                self._stop_logging(error)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> bool:
        if isinstance(error, WentWrong):
            self._restore(self._good)
            kept = f"epoch {self.epoch - 1}" if self.epoch > 1 else "the start"
            print(f"{error} Stopped in epoch {self.epoch}: what was learnt by {kept} is kept.")
        elif isinstance(error, KeyboardInterrupt):
            if not self._is_finite():
                self._restore(self._good)
            print(f"Stopped in epoch {self.epoch}: what was learnt so far is kept.")
        over = error is None or isinstance(error, WentWrong)
        if self._file and over and process_number() == 0:
            with contextlib.suppress(OSError):
                self._file.unlink()  # the run is over: the next one starts afresh
        for network in self._networks():
            network.eval()
        if self._writer:
            try:
                self._writer.close()
            except OSError as problem:
                self._stop_logging(problem)
        return isinstance(error, WentWrong | KeyboardInterrupt)

    def _go_on(self, n: int) -> None:
        """Take over what the checkpoint holds, if there is one of this run."""
        if not self._checkpoint:
            return
        self._fingerprint = fingerprint(*self._settings)
        self._file = name_for(self._checkpoint, self._fingerprint)
        state = from_first(functools.partial(load_checkpoint, self._file, self._fingerprint))
        if state is None:
            others = list(self._file.parent.glob(name_for(self._checkpoint, "?" * 8).name))
            if others:
                print("Starting afresh: the checkpoints here are of other digits or settings.")
            return
        try:
            self._restore(state["parts"])
            found = state["history"]
            if not (self._is_finite() and _is_like(found, self._history)):
                raise ValueError
            if not 1 <= len(found["seconds"]) <= n:
                raise ValueError
        except (AttributeError, KeyError, RuntimeError, TypeError, ValueError) as error:
            self._restore(self._good)
            raise LabError(f"{self._file} is damaged: delete it to start afresh.") from error
        self._history.update(found)
        self._good = self._state()
        print(f"Going on after epoch {len(self._history['seconds'])}.")

    def _keep(self) -> None:
        """Count the epoch that has ended as good, and write the checkpoint."""
        if not self._is_finite():
            raise WentWrong("The weights are not finite: try a smaller learning rate.")
        self._good = self._state()
        if self._file and process_number() == 0:
            try:
                state = {"parts": self._good, "history": self._history}
                save_checkpoint(self._file, self._fingerprint, state)
            except LabError as error:
                self._warn(str(error))

    def _open_log(self) -> None:
        if self._log_dir and process_number() == 0:
            from torch.utils.tensorboard import SummaryWriter  # slow to import: only when it is due

            try:
                self._writer = SummaryWriter(self._log_dir)
            except OSError as error:
                self._stop_logging(error)

    def _stop_logging(self, error: Exception) -> None:
        self._writer = None
        reason = getattr(error, "strerror", None) or str(error).rstrip(".")
        self._warn(f"{self._log_dir} could not be written: {reason}.")

    def _warn(self, problem: str) -> None:
        """Say it, but each problem once."""
        if problem not in self._warned:
            print(f"{problem} The training goes on without it.")
        self._warned.add(problem)

    def _networks(self) -> list[nn.Module]:
        return [part for part in self._parts.values() if isinstance(part, nn.Module)]

    def _is_finite(self) -> bool:
        return all(
            bool(torch.isfinite(tensor).all())
            for network in self._networks()
            for tensor in network.state_dict().values()
        )

    def _state(self) -> dict[str, Any]:
        return {
            name: part.clone()
            if isinstance(part, torch.Tensor)
            else copy.deepcopy(part.state_dict())
            for name, part in self._parts.items()
        }

    def _restore(self, state: dict[str, Any]) -> None:
        for name, part in self._parts.items():
            if isinstance(part, torch.Tensor):
                part.copy_(state[name])
            else:
                part.load_state_dict(copy.deepcopy(state[name]))


def _is_like(found: Any, history: Any, finite: bool = True) -> bool:
    """Whether what a file holds has the lists of this history, of numbers alone.

    They are finite but for what stands deeper, as scores do: nobody promised anything of these.
    """
    if isinstance(history, dict):
        return (
            isinstance(found, dict)
            and (found.keys() == history.keys() or not history)
            and all(_is_like(found[name], history.get(name, []), bool(history)) for name in found)
        )
    return isinstance(found, list) and all(
        type(number) in (int, float) and (math.isfinite(number) or not finite) for number in found
    )


def scale_rate(optimizer: torch.optim.Optimizer, share: float) -> float:
    """Set the learning rate to a share of the one that the optimiser was made with; give it."""
    rate = share * optimizer.defaults["lr"]
    for group in optimizer.param_groups:
        group["lr"] = rate
    return rate
