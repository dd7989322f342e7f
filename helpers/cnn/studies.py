"""Where the trials of a sweep are kept: studies of Optuna in a file or a database that lasts.

Several processes may work on one study, and any of them may be killed: what had finished is there.
"""

import contextlib
import os
import socket
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import ROOT, LabError
from ..files import excerpt

if TYPE_CHECKING:
    import optuna

STORAGE = ROOT / "runs" / "sweeps.journal"
HEAD = b'{"op_code":'  # how each line of Optuna's journals begins
HEARTBEAT = 30  # seconds: who has not been heard of in a database for two of them counts as dead


def load_optuna() -> Any:
    """Optuna, an optional requirement, imported only when it is needed and silent."""
    try:
        import optuna
    except ImportError as error:
        raise LabError('A sweep needs Optuna: make lab, or pip install -e ".[sweep]".') from error
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna


@contextlib.contextmanager
def in_one_sentence(storage: str | Path) -> Iterator[None]:
    """Turn what goes wrong with a storage, and it can be many things, into a LabError."""
    from optuna.exceptions import StorageInternalError
    from sqlalchemy.exc import DBAPIError, SQLAlchemyError

    try:
        yield
    except ImportError as error:
        advice = "that of PostgreSQL is psycopg[binary]"
        raise LabError(f"{shown(storage)} needs a driver, by pip: {advice}.") from error
    except (StorageInternalError, SQLAlchemyError, OSError) as error:
        cause = error.__cause__ if isinstance(error, StorageInternalError) else error
        cause = cause.orig if isinstance(cause, DBAPIError) else cause
        reason = getattr(cause, "strerror", None) or excerpt(cause, 200).rstrip(".")
        raise LabError(f"{shown(storage)} could not be used: {reason}.") from error


def open_study(storage: str | Path, name: str, facts: dict[str, Any], **options: Any) -> Any:
    """The study of this name, made if there is none; `options` are its sampler and its pruner.

    `storage` is a database's URL, or a path: a journal, to which processes on one machine, or on
    one network drive, append. `facts`, JSON-able, say what its trials are. Raises LabError where
    the storage cannot be used, or holds a study of other facts by that name.
    """
    optuna = load_optuna()
    with in_one_sentence(storage):
        study = optuna.create_study(
            storage=_open(optuna, str(storage)), study_name=name, load_if_exists=True, **options
        )
        if not (study.user_attrs or study.trials):
            study.set_user_attr("facts", facts)
        found = study.user_attrs.get("facts", {})
    for key, value in facts.items():
        if found.get(key) != value:
            raise LabError(
                f'The study "{name}" in {shown(storage)} has other {key}: choose another name.'
            )
    return study


def _open(optuna: Any, storage: str) -> Any:
    if "://" in storage:
        return _open_database(optuna, storage)
    journal, path = optuna.storages.journal, Path(storage)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = journal.JournalFileOpenLock(str(path))
        lock.acquire()
        try:
            _mend(path)
        finally:
            lock.release()
        return optuna.storages.JournalStorage(journal.JournalFileBackend(str(path), lock))
    except (AssertionError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise LabError(f"{path} is no journal of Optuna's, or is damaged.") from error


def _open_database(optuna: Any, url: str) -> Any:
    from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError
    from sqlalchemy.pool import NullPool  # no connection outlives its use

    os.environ.setdefault("PGCONNECT_TIMEOUT", "10")  # seconds; else it may be minutes
    for attempts_left in 2, 1, 0:  # who makes the tables at once is in each other's way
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
                return optuna.storages.RDBStorage(
                    url, engine_kwargs={"poolclass": NullPool}, heartbeat_interval=HEARTBEAT
                )
        except (IntegrityError, OperationalError, ProgrammingError):
            if not attempts_left:
                raise
            time.sleep(1)
        except ValueError as error:  # it may quote the password
            raise LabError(f"{shown(url)} is malformed: look at its port and options.") from error


def _mend(path: Path) -> None:
    """Take away the half of a last line that a writer left who was killed.

    Raises ValueError for a file that is no journal, and leaves it as it is.
    """
    if path.exists():
        with open(path, "r+b") as file:
            data = file.read()
            if not data.startswith(HEAD[: len(data)]):
                raise ValueError
            file.truncate(data.rfind(b"\n") + 1)


def sign(trial: "optuna.Trial") -> None:
    """Write down which process works on a trial."""
    import psutil

    us = psutil.Process()
    trial.set_user_attr("process", [socket.gethostname(), us.pid, us.create_time()])


def bury_the_dead(study: "optuna.Study") -> None:
    """Count trials as failed whose process, on this machine, has ended without a word.

    Databases do that by a heartbeat, for every machine; in a journal, those of other machines stay
    "running" until a process on theirs looks after them.
    """
    from optuna.exceptions import UpdateFinishedTrialError
    from optuna.trial import TrialState

    for trial in study.get_trials(states=[TrialState.RUNNING]):
        host, pid, born = trial.user_attrs.get("process", ("", 0, 0))
        if host == socket.gethostname() and not _lives(pid, born):
            with contextlib.suppress(UpdateFinishedTrialError):  # another process was faster
                study.tell(trial.number, state=TrialState.FAIL, skip_if_finished=True)


def _lives(pid: int, born: float) -> bool:
    import psutil

    try:
        process = psutil.Process(pid)
        ended = process.status() == psutil.STATUS_ZOMBIE
        return not ended and abs(process.create_time() - born) < 2  # seconds; else a namesake
    except psutil.NoSuchProcess:
        return False


def records_of(study: "optuna.Study") -> dict[str, list[float]]:
    """The finished trials of a study, oldest first, as lists: `trial` (its number), the validation
    `loss` (the last one known where it was pruned), `pruned` (0 or 1), `seconds`, and one list for
    each hyperparameter.
    """
    from optuna.trial import TrialState

    finished = study.get_trials(states=[TrialState.COMPLETE, TrialState.PRUNED])
    trials = [(t, t.value, t.duration) for t in finished if t.value is not None and t.duration]
    records: dict[str, list[float]] = {
        "trial": [trial.number for trial, _, _ in trials],
        "loss": [loss for _, loss, _ in trials],
        "pruned": [int(trial.state == TrialState.PRUNED) for trial, _, _ in trials],
        "seconds": [duration.total_seconds() for _, _, duration in trials],
    }
    space = study.user_attrs["facts"]["space"]
    return records | {name: [trial.params[name] for trial, _, _ in trials] for name in space}


def shown(storage: str | Path) -> str:
    """A storage's name without its password."""
    if "://" not in str(storage):
        return str(storage)
    import sqlalchemy

    try:
        url = sqlalchemy.make_url(str(storage)).difference_update_query(["password"])
        return url.render_as_string(hide_password=True)
    except (sqlalchemy.exc.ArgumentError, ValueError):
        return "The storage's address"
