"""The race of networks: equal seconds, whatever a step costs, and the best rate of each."""

import itertools

import pytest

from helpers import LabError
from helpers.cnn import FAMILY, best_rates, race, side_by_side, train_for


@pytest.fixture
def clock(monkeypatch):
    """A clock on which the first training takes a hundred seconds, and all others one."""
    ticks = itertools.chain([0], itertools.count(100))
    monkeypatch.setattr(race.time, "process_time", lambda: next(ticks))


def test_a_training_gets_as_many_steps_as_there_are_seconds_for(clock, mnist):
    run = train_for(6, "softmax regression", 0.1, digits=1000)
    assert run["steps"] == 12 and run["seconds"] == 1  # two in a second, when warm
    assert 0 < run["error"] < 0.7
    assert train_for(6, "softmax regression", 0.1, digits=1000) == run
    assert train_for(6, "softmax regression", 0.1, seed=1, digits=1000)["error"] != run["error"]


def test_a_diverging_training_ends_with_a_large_error(clock, mnist, capsys):
    run = train_for(4, "DigitCNN", 1e12, digits=1000)
    assert run["error"] > 0.5 and run["steps"] < 8  # that were made before it diverged
    assert capsys.readouterr().out == ""


def test_a_network_that_is_not_in_the_family_is_refused():
    with pytest.raises(LabError, match="there is no network 'AlexNet': choose of softmax"):
        train_for(1, "AlexNet", 0.1)


def test_the_rate_with_the_smallest_error_is_the_best():
    runs = [
        {"network": name, "learning_rate": rate, "error": error}
        for name, rate, error in (("a", 1, 0.5), ("b", 1, 0.1), ("a", 2, 0.2), ("a", 3, 0.3))
    ]
    assert best_rates(runs) == {"a": 2, "b": 1}


@pytest.mark.slow
def test_trainings_run_side_by_side(mnist):
    runs = [
        {"seconds": 0.1, "network": name, "learning_rate": FAMILY[name].learning_rates[0]}
        for name in ("softmax regression", "DigitCNN")
    ]
    ended = list(side_by_side([run | {"digits": 500} for run in runs], workers=2))
    assert {run["network"] for run in ended} == {"softmax regression", "DigitCNN"}
    assert all(run["seconds"] > 0 and 0 < run["error"] < 0.95 for run in ended)
