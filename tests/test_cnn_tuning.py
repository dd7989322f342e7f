"""The search for hyperparameters: what it tries, what it keeps, and what it refuses."""

import itertools
import sys

import numpy as np
import optuna
import pytest
import torch
from optuna.trial import TrialState

from helpers import LabError
from helpers.cnn import DEFAULTS, DigitCNN, distort, fit, records_of, sweep, train_with, trial, tune
from helpers.recogniser import log_loss

SPACE = {"learning_rate": (0.05, 0.5), "batch_size": [32, 64], "width": [4]}


@pytest.fixture
def digits(mnist) -> tuple:
    images, labels, others, answers = mnist.split()
    return images[:256], labels[:256], (others[:200], answers[:200])


def test_the_loss_is_the_mean_cross_entropy(mnist):
    model, images, labels = DigitCNN(4).eval(), mnist.test_images[:50], mnist.test_labels[:50]
    logits = model(torch.from_numpy(images))
    wanted = torch.nn.functional.cross_entropy(logits, torch.from_numpy(labels))
    assert log_loss(model, images, labels) == pytest.approx(wanted.item(), rel=1e-5)

    class Sure:
        def predict_proba(self, images):
            return np.full((len(images), 10), [np.nan, *9 * [0]], np.float32)

    assert log_loss(Sure(), images, labels) == pytest.approx(-np.log(1e-7), rel=1e-5)


def test_the_default_settings_are_those_of_fit(digits):
    images, labels, _ = digits
    theirs, _ = train_with({}, images, labels, epochs=1, seed=3, show_progress=False)
    torch.manual_seed(3)
    ours = DigitCNN()
    fit(ours, images, labels, augment=distort, epochs=1, seed=3, show_progress=False)
    assert torch.equal(ours.classifier.weight, theirs.classifier.weight)
    other, _ = train_with({"distortion": 0.0}, images, labels, epochs=1, seed=3)
    assert not torch.equal(ours.classifier.weight, other.classifier.weight)


def test_a_search_repeats_itself_goes_on_and_never_tries_the_same_again(digits, tmp_path):
    told = []
    options = {"space": SPACE, "seed": 0, "storage": tmp_path / "a" / "b.journal"}
    tune(*digits, trials=2, **options)
    tune(*digits, trials=4, progress=lambda *news: told.append(news), **options)
    records = records_of(tune(*digits, trials=4, **options))
    assert [share for share, _ in told] == [0.75, 1.0] and told[-1][1] == records
    assert records["trial"] == [0, 1, 2, 3] and len(set(records["learning_rate"])) == 4
    assert all(0.05 <= rate <= 0.5 for rate in records["learning_rate"])
    options["storage"] = tmp_path / "other.journal"
    again = records_of(tune(*digits, trials=2, **options))
    assert again["learning_rate"] == records["learning_rate"][:2]
    assert again["loss"] == records["loss"][:2]


def test_a_trial_is_a_training_like_any_other(digits, tmp_path):
    images, labels, validation = digits
    study = tune(*digits, trials=1, space=SPACE, sampler="random", storage=tmp_path / "a.journal")
    (first,) = study.trials
    model, _ = train_with(first.params, images, labels, epochs=1, seed=0, show_progress=False)
    assert log_loss(model, *validation) == first.value
    assert set(first.params) == set(SPACE)


@pytest.mark.parametrize("pruner", ["median", "hyperband"])
def test_a_trial_that_looks_bad_is_ended_early(pruner, digits, tmp_path, monkeypatch):
    losses = itertools.count(1)  # each look is worse than the one before
    monkeypatch.setattr(trial, "log_loss", lambda *_: float(next(losses)))
    options = {"space": SPACE, "storage": tmp_path / "a.journal", "pruner": pruner, "seed": 0}
    study = tune(*digits, trials=9, **options)
    states = [t.state for t in study.trials]
    assert states[0] == TrialState.COMPLETE and TrialState.PRUNED in states
    assert sum(records_of(study)["pruned"]) == states.count(TrialState.PRUNED)
    assert set(states) == {TrialState.COMPLETE, TrialState.PRUNED}


def test_a_process_that_was_taken_for_dead_goes_on(digits, tmp_path, monkeypatch):
    options = {"space": SPACE, "storage": tmp_path / "a.journal"}
    study = tune(*digits, trials=1, **options)

    def oversleep(*_):
        monkeypatch.undo()
        study.tell(1, state=TrialState.FAIL)  # by another process
        return 0.5

    monkeypatch.setattr(trial, "log_loss", oversleep)
    states = [t.state for t in tune(*digits, trials=2, **options).trials]
    assert states == [TrialState.COMPLETE, TrialState.FAIL, TrialState.COMPLETE]


def test_a_training_that_diverges_is_a_bad_trial_and_no_more(digits, tmp_path):
    space = {"learning_rate": (1e17, 1e18), "width": [4]}
    study = tune(*digits, trials=2, space=space, storage=tmp_path / "a.journal")
    assert [t.state for t in study.trials] == 2 * [TrialState.COMPLETE]
    assert all(1 < loss < 17 for loss in records_of(study)["loss"])


def test_each_trial_is_logged_for_hparams_or_the_search_goes_on(digits, tmp_path, capsys):
    options = {"space": SPACE, "storage": tmp_path / "a.journal"}
    tune(*digits, trials=2, log_dir=tmp_path / "logs", **options)
    logs = sorted(tmp_path.glob("logs/digits/*/events*"))
    assert {path.parent.name for path in logs} == {"0000", "0001"}
    written = b"".join(path.read_bytes() for path in logs)
    assert written.count(b"_hparams_/session_start_info") == 2 and b"validation/loss" in written
    (tmp_path / "file").write_text("in the way")
    study = tune(*digits, trials=3, log_dir=tmp_path / "file", **options)
    assert len(records_of(study)["loss"]) == 3
    assert "could not be written" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"trials": 0}, "trials must be"),
        ({"sampler": "grid"}, "sampler must be one of tpe, random, not 'grid'"),
        ({"pruner": None}, "pruner must be one of"),
        ({"space": {"momentum": (0.5, 0.9)}}, "the space may hold learning_rate, .*'momentum'"),
        ({"space": {"learning_rate": 0.1}}, r"learning_rate must be a range \(low, high\) or a"),
        ({"space": {"learning_rate": (1.0, 0.1)}}, "learning_rate must be a range"),
        ({"space": {"width": []}}, "width must be a range"),
        ({"seed": -1}, "seed must be"),
        ({"epochs": 2}, "has other epochs: choose another name"),
        ({"space": {"width": [4, 8]}}, "has other space: choose another name"),
    ],
)
def test_what_makes_no_search_is_refused(options, words, digits, tmp_path):
    storage = tmp_path / "a.journal"
    tune(*digits, trials=1, space=SPACE, storage=storage)
    with pytest.raises(LabError, match=words):
        tune(*digits, **{"trials": 2, "space": SPACE, "storage": storage} | options)
    with pytest.raises(LabError, match="has other digits"):
        tune(255 - digits[0], *digits[1:], trials=2, space=SPACE, storage=storage)


def test_without_optuna_a_sentence_says_what_to_install(digits, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(LabError, match=r"needs Optuna: make lab, or pip install -e .*\[sweep\]"):
        tune(*digits, trials=1, storage=tmp_path / "a.journal")


def test_the_command_says_how_far_it_is_and_which_was_best(mnist, tmp_path, monkeypatch, capsys):
    command = ["sweep", "--trials", "2", "--digits", "200", "--storage", f"{tmp_path}/a.journal"]
    monkeypatch.setattr(sys, "argv", [*command, "--log-dir", f"{tmp_path}/logs"])
    sweep.main()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("50% done: trial 0, validation loss ")
    assert lines[1].startswith("100% done: trial 1") and all(name in lines[1] for name in DEFAULTS)
    assert lines[2].startswith("The best of 2 trials: trial ") and len(lines) == 3
    for option, value, words in (
        ("--storage", f"{tmp_path}", "could not be used: Is a directory"),
        ("--digits", "-5", "digits must be"),
        ("--threads", "0", "threads must be"),
    ):
        monkeypatch.setattr(sys, "argv", [*command, option, value])
        with pytest.raises(SystemExit, match=words):
            sweep.main()
    assert optuna.logging.get_verbosity() == optuna.logging.ERROR


def test_a_trial_that_was_pruned_is_not_the_best(mnist, tmp_path, monkeypatch, capsys):
    found = {"trial": [0, 1, 2], "loss": [0.3, 0.2, 0.1], "pruned": [False, False, True]}
    monkeypatch.setattr(sweep, "tune", lambda *digits, **options: None)
    monkeypatch.setattr(sweep, "records_of", lambda study: found | {"seconds": [1.0] * 3})
    monkeypatch.setattr(sys, "argv", ["sweep", "--trials", "3", "--digits", "10"])
    sweep.main()
    assert capsys.readouterr().out.startswith("The best of 3 trials: trial 1, validation loss 0.2")


def test_the_command_with_a_seed_repeats_itself(mnist, tmp_path, monkeypatch, capsys):
    said = []
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        command = ["sweep", "--trials", "1", "--digits", "100", "--log-dir", f"{tmp_path}/logs"]
        storage = ["--storage", f"{tmp_path}/{name}.journal", "--seed", seed]
        monkeypatch.setattr(sys, "argv", command + storage)
        sweep.main()
        said.append(capsys.readouterr().out.split(" (")[0])  # without the seconds
    assert said[0] == said[1] != said[2]
