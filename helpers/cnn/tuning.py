"""A search for good hyperparameters of `fit`, by Optuna (Akiba et al., 2019): `tune`.

Trials are judged by the loss on validation digits, never on the test set. `python -m
helpers.cnn.sweep` does the same from as many terminals as one likes.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import LabError
from ..recogniser import check_counts, check_digits, check_validation
from ..training_run import fingerprint
from .studies import STORAGE, bury_the_dead, in_one_sentence, open_study, records_of, shown
from .trial import DEFAULTS, REPORTS, SPACE, Objective, Space

if TYPE_CHECKING:
    import optuna

Records = dict[str, list[float]]
SAMPLERS, PRUNERS = ("tpe", "random"), ("none", "median", "hyperband")


def tune(
    images: np.ndarray,
    labels: np.ndarray,
    validation: tuple[np.ndarray, np.ndarray],
    *,
    trials: int,
    space: Space = SPACE,
    sampler: str = "tpe",
    pruner: str = "none",
    epochs: int = 1,
    study: str = "digits",
    storage: str | Path = STORAGE,
    seed: int | None = None,
    log_dir: str | Path | None = None,
    progress: Callable[[float, Records], None] | None = None,
) -> "optuna.Study":
    """Try settings out of `space` until the study holds so many finished trials; give the study.

    A trial trains a DigitCNN on images (N, 28, 28) with labels (N,) for some epochs; its value is
    the mean cross-entropy on `validation`. `sampler` "tpe" learns from the trials before (Bergstra
    et al., 2011), "random" does not; `pruner` "median" or "hyperband" (Li et al., 2018) ends trials
    that look bad early. A study that exists goes on, also where other processes work on it: see
    `open_study`. With a `seed` one process repeats itself. `log_dir` gets a TensorBoard log of
    each trial, for the tab HParams. After each trial `progress` gets the share that is done and the
    `records_of` the study. A stop ends it in a sentence. Raises LabError for bad arguments and
    where the storage cannot be used.
    """
    images, labels = check_digits(images, labels)
    validation = check_validation(validation)
    check_counts(trials=trials, epochs=epochs)
    check_counts(0, seed=seed or 0)
    _check_search(space, sampler, pruner)
    facts = {
        "space": {name: repr(choices) for name, choices in space.items()},
        "digits": fingerprint(images, labels, *validation),
        "epochs": epochs,
    }
    found = open_study(storage, study, facts)
    found.sampler = _sampler(sampler, seed, len(found.trials))
    found.pruner = _pruner(pruner)
    objective = Objective(images, labels, validation, space, epochs, log_dir)
    with in_one_sentence(storage):
        try:
            while (done := len(records_of(found)["loss"])) < trials:
                bury_the_dead(found)
                _do_one(found, objective)
                if progress:
                    records = records_of(found)
                    progress(min(1.0, len(records["loss"]) / trials), records)
        except KeyboardInterrupt:
            had = f"{done} of {trials} trials had finished"
            print(f"Stopped: {had} and are kept in {shown(storage)}; the next call goes on.")
    return found


def _do_one(study: "optuna.Study", objective: Objective) -> None:
    """Do one trial, unless others take this process for dead: then it was a laptop's sleep."""
    try:
        study.optimize(objective, n_trials=1)
    except (AssertionError, ValueError) as error:
        if "Cannot tell a FAIL" not in f"{error} {error.__context__}":  # Optuna's words for it
            raise


def _check_search(space: Space, sampler: str, pruner: str) -> None:
    for what, name, names in (("sampler", sampler, SAMPLERS), ("pruner", pruner, PRUNERS)):
        if name not in names:
            raise LabError(f"{what} must be one of {', '.join(names)}, not {name!r:.40}.")
    for name, values in space.items():
        if name not in DEFAULTS:
            raise LabError(f"the space may hold {', '.join(DEFAULTS)}, not {name!r:.40}.")
        is_range = isinstance(values, tuple) and len(values) == 2 and 0 <= values[0] < values[1]
        if not (is_range or (isinstance(values, list) and values)):
            raise LabError(
                f"{name} must be a range (low, high) or a list of choices, not {values!r:.40}."
            )


def _sampler(name: str, seed: int | None, n_trials: int) -> Any:
    """A sampler that, with a seed, repeats itself, but not the trials that are there already."""
    from optuna import samplers

    if seed is not None:
        seed = int(np.random.SeedSequence([seed, n_trials]).generate_state(1)[0])
    return (samplers.TPESampler if name == "tpe" else samplers.RandomSampler)(seed=seed)


def _pruner(name: str) -> Any:
    from optuna import pruners

    if name == "hyperband":
        return pruners.HyperbandPruner(max_resource=REPORTS)
    return pruners.MedianPruner() if name == "median" else pruners.NopPruner()
