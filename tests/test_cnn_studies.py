"""A sweep's trials outlive the processes that make them: in a journal, in a real PostgreSQL."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import optuna
import psutil
import pytest
from needed import miss
from optuna.trial import FrozenTrial, TrialState
from postgres import find_postgres, serve_postgres

from helpers import ROOT, LabError
from helpers.cnn import records_of, studies, tune
from helpers.cnn.studies import bury_the_dead, open_study, sign

COMPLETE = TrialState.COMPLETE
FACTS = {"space": {"learning_rate": "(0.1, 1.0)"}, "epochs": 1}

# Waits for a line, then works on a study; the second trial of a slow one does not end, and a fast
# one waits for another line after its first: else it may do all before the slow one has begun.
WORKER = """
import functools, sys, time
from helpers.cnn import trial, tune
from helpers.data import load_mnist

storage, n_trials, pace = sys.argv[1:]
images, labels, _, _ = load_mnist().split()
wait_once = functools.cache(sys.stdin.readline)

def hang(*_):
    print("in its second trial", file=sys.stderr, flush=True)
    time.sleep(60)

def progress(share_done, records):
    if pace == "slow":
        trial.distort = hang
    else:
        wait_once()

print("ready", flush=True)
sys.stdin.readline()
few = images[:100], labels[:100]
tune(*few, few, trials=int(n_trials), storage=storage, progress=progress)
"""


def start(storage: str, n_trials: int, pace: str) -> subprocess.Popen:
    command = [sys.executable, "-c", WORKER, storage, str(n_trials), pace]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.STDOUT, text=True, **pipes)


def tell_to_go_on(*workers: subprocess.Popen) -> None:
    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()


def await_line(worker: subprocess.Popen, wanted: str) -> None:
    said = []
    for line in worker.stdout:
        said.append(line)
        if wanted in line:
            return
    pytest.fail("".join(said))


def trials_of(storage: str) -> dict[int, FrozenTrial]:
    study = optuna.load_study(study_name="digits", storage=studies._open(optuna, storage))
    return {trial.number: trial for trial in study.trials}


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """A server from the machine; without one the tests are skipped, but never where CI is set."""
    programs = find_postgres()
    if not programs:
        miss("PostgreSQL")
    with serve_postgres(programs) as address:
        yield address


@pytest.fixture
def storage(request, tmp_path) -> str:
    if request.param == "postgres":
        return request.getfixturevalue("postgres")
    return f"sqlite:///{tmp_path}/a.db" if request.param == "sqlite" else f"{tmp_path}/a.journal"


@pytest.mark.slow
@pytest.mark.parametrize("storage", ["journal", "postgres"], indirect=True)
def test_of_three_processes_one_is_killed_and_no_finished_trial_is_lost(
    storage, mnist, monkeypatch
):
    workers = [start(storage, 8, pace) for pace in ("fast", "slow", "fast")]
    victim = workers[1]
    for worker in workers:
        await_line(worker, "ready")
    tell_to_go_on(*workers)
    await_line(victim, "in its second trial")
    tell_to_go_on(workers[0], workers[2])
    before = {n: t.value for n, t in trials_of(storage).items() if t.state == COMPLETE}
    os.kill(victim.pid, signal.SIGKILL)
    said = [worker.communicate()[0] for worker in workers]
    assert [worker.returncode for worker in workers] == [0, -signal.SIGKILL, 0], said
    trials = trials_of(storage)
    complete = {n: t.value for n, t in trials.items() if t.state == COMPLETE}
    assert len(before) >= 1 and before.items() <= complete.items()
    assert 8 <= len(complete) <= 9  # two may have begun the last one
    assert len({tuple(trials[n].params.values()) for n in complete}) == len(complete)
    (lost,) = set(trials) - set(complete)

    monkeypatch.setattr(studies, "HEARTBEAT", 1)  # second
    time.sleep(3)
    images, labels, _, _ = mnist.split()
    few = images[:100], labels[:100]
    tune(*few, few, trials=len(complete) + 1, storage=storage)
    after = trials_of(storage)
    assert after[lost].state == TrialState.FAIL and len(after) == len(trials) + 1
    assert complete.items() <= {n: t.value for n, t in after.items()}.items()


@pytest.mark.slow
def test_a_stop_ends_in_a_sentence_and_the_next_call_goes_on(mnist, tmp_path):
    storage = f"{tmp_path}/a.journal"
    worker = start(storage, 8, "slow")
    tell_to_go_on(worker)
    await_line(worker, "in its second trial")
    os.kill(worker.pid, signal.SIGINT)
    kept = f"Stopped: 1 of 8 trials had finished and are kept in {storage}; the next call goes on."
    assert worker.communicate()[0].strip() == kept and worker.returncode == 0
    states = [trial.state for trial in trials_of(storage).values()]
    assert states == [COMPLETE, TrialState.FAIL]


def study_of(storage: object) -> optuna.Study:
    return open_study(str(storage), "s", FACTS)


def finish(study: optuna.Study, loss: float) -> None:
    def objective(trial):
        trial.suggest_float("learning_rate", 0.1, 1)
        return loss

    study.optimize(objective, n_trials=1)


@pytest.mark.parametrize(
    "storage",
    ["journal", "sqlite", pytest.param("postgres", marks=pytest.mark.slow)],
    indirect=True,
)
def test_a_study_is_found_again_and_another_of_its_name_is_refused(storage):
    finish(study_of(storage), 0.5)
    assert records_of(study_of(storage))["loss"] == [0.5]
    for facts in (FACTS | {"epochs": 2}, FACTS | {"space": {}}):
        (name,) = (name for name in FACTS if facts[name] != FACTS[name])
        with pytest.raises(LabError, match=f"has other {name}: choose another name") as caught:
            open_study(storage, "s", facts)
        assert_one_line(caught.value)
    finish(optuna.create_study(study_name="theirs", storage=studies._open(optuna, storage)), 0.5)
    with pytest.raises(LabError, match="has other"):
        open_study(storage, "theirs", FACTS)


def assert_one_line(error: LabError) -> None:
    assert "\n" not in str(error) and str(error).endswith(".") and "Error" not in str(error)


@pytest.mark.parametrize(
    ("storage", "words"),
    [
        ("postgresql://lab:secret@127.0.0.1:9/none", r"lab:\*\*\*@127.0.0.1:9/none could not"),
        ("sqlite:////no/such/folder/a.db", "unable to open database file"),
        ("nosuch://machine/base", "nosuch"),
        ("://", "could not be used"),
        ("postgresql://lab:half@secret:of it@machine/base", "is malformed"),
        ("postgresql://lab@127.0.0.1:9/none?password=secret", "lab@127.0.0.1:9/none could not"),
        ("sqlite:///{folder}/a.db?timeout=soon", r"a\.db\?timeout=soon is malformed"),
        ("mysql+mysqldb://machine/base", "needs a driver, by pip: that of PostgreSQL"),
        ("/dev/null/a.journal", "File exists"),
        ("{folder}", "Is a directory"),
        ("{folder}/garbage", "is no journal of Optuna's"),
        ("sqlite:///{folder}/garbage", "file is not a database"),
    ],
)
def test_a_storage_that_cannot_be_used_is_refused_in_a_sentence(storage, words, tmp_path):
    (tmp_path / "garbage").write_bytes(b"garbage\n" * 200)
    with pytest.raises(LabError, match=words) as caught:
        study_of(storage.format(folder=tmp_path))
    assert_one_line(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("content", [b"my notes", b"a line\nand half a line", b"SQLite format 3\0"])
def test_another_file_is_refused_and_left_as_it_is(tmp_path, content):
    path = tmp_path / "notes"
    path.write_bytes(content)
    with pytest.raises(LabError, match="is no journal of Optuna's"):
        study_of(path)
    assert path.read_bytes() == content and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("length", [5, 20])
def test_of_the_first_line_a_half_is_taken_away(tmp_path, length):
    path = tmp_path / "a.journal"
    finish(study_of(path), 0.5)
    path.write_bytes(path.read_bytes()[:length])
    finish(study_of(path), 0.4)
    assert records_of(study_of(path))["loss"] == [0.4]


def test_half_a_line_that_a_killed_writer_left_is_taken_away(tmp_path):
    path = tmp_path / "a.journal"
    finish(study_of(path), 0.5)
    whole = path.read_bytes()
    path.write_bytes(whole + whole.splitlines()[-1][:20])
    finish(study_of(path), 0.4)
    assert path.read_bytes().startswith(whole)
    assert records_of(study_of(path))["loss"] == [0.5, 0.4]


def test_who_still_works_is_not_buried(tmp_path):
    study = study_of(tmp_path / "a.journal")
    ours, elsewhere, dead, namesake, zombie = (study.ask() for _ in range(5))
    for trial in (ours, elsewhere, dead, namesake, zombie):
        sign(trial)
    host, pid, born = ours.user_attrs["process"]
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    elsewhere.set_user_attr("process", ["another machine", gone.pid, born])
    dead.set_user_attr("process", [host, gone.pid, born])
    namesake.set_user_attr("process", [host, pid, born - 100])
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:  # of which nobody has heard yet
        os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
        begun = psutil.Process(ended.pid).create_time()
        zombie.set_user_attr("process", [host, ended.pid, begun])
        bury_the_dead(study)
    states = [trial.state for trial in study.trials]
    assert states == [TrialState.RUNNING] * 2 + [TrialState.FAIL] * 3
