"""A training run that is stopped, killed or goes astray loses nothing, and goes on as itself."""

import functools
import itertools
import json
import math
import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from helpers import LabError
from helpers.cnn import DigitCNN, distort, fit
from helpers.gan import Discriminator, Generator, dcgan_game, fit_gan, train_step
from helpers.plots import plot_game, plot_history
from helpers.training_run.checkpoint import fingerprint, load_checkpoint, save_checkpoint

# Trains on few digits in four epochs, a line for each; the third can be made slow, to be killed in.
RUNS = {
    "fit": """
from helpers.cnn import DigitCNN, distort, fit

def augment(images, strength):
    wait(18)
    return distort(images, strength)

torch.manual_seed(0)
model = DigitCNN(width=4)
images, labels = mnist.train_images[:600], mnist.train_labels[:600]
fit(model, images, labels, epochs=4, batch_size=64, augment=augment, checkpoint=checkpoint)
""",
    "fit_gan": """
from helpers.gan import Discriminator, Generator, fit_gan, train_step

def step(*arguments):
    wait(16)
    return train_step(*arguments)

torch.manual_seed(0)
players = Generator(16, 4), Discriminator(4)
digits = mnist.train_images[:512], mnist.train_labels[:512]
model, _ = fit_gan(*players, *digits, step, epochs=4, batch_size=64, checkpoint=checkpoint)
""",
}
FRAME = """
import itertools, sys, time
import torch
from helpers.data import load_mnist

checkpoint, weights, slow = sys.argv[1:]
steps = itertools.count()

def wait(first):
    if next(steps) >= first and slow == "slow":
        print("in the third epoch", flush=True)
        time.sleep(60)

mnist = load_mnist()
{}
model.save(weights)
"""


def start(kind: str, *arguments: str | Path) -> subprocess.Popen:
    command = [sys.executable, "-c", FRAME.format(RUNS[kind]), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def checkpoints(folder: Path) -> list[Path]:
    return sorted(folder.glob("checkpoint-????????.pt"))


@pytest.fixture
def digits(mnist) -> tuple[np.ndarray, np.ndarray]:
    return mnist.train_images[:300], mnist.train_labels[:300]


@pytest.fixture
def checkpoint(tmp_path) -> Path:
    return tmp_path / "checkpoint.pt"


def train(digits, **options) -> tuple[DigitCNN, dict]:
    torch.manual_seed(0)
    model = DigitCNN(width=4)
    options = {"epochs": 3, "batch_size": 64, "full_epochs": 3} | options
    return model, fit(model, *digits, **options)


def play(digits, step=train_step, **options) -> tuple[Generator, dict]:
    torch.manual_seed(0)
    options = {"epochs": 3, "batch_size": 64} | options
    return fit_gan(Generator(16, 4), Discriminator(4), *digits, step=step, **options)


def stop_at(call: int, error: type[BaseException] = KeyboardInterrupt):
    """An augmentation that raises at its n-th call, the first being 0."""
    calls = iter(range(call))  # no plain value: the runs' fingerprints are the same

    def augment(images, strength):
        if next(calls, None) is None:
            raise error
        return images

    return augment


def weights(model: torch.nn.Module) -> bytes:
    return b"".join(tensor.numpy().tobytes() for tensor in model.state_dict().values())


def assert_same_weights(one: Path, other: Path) -> None:
    ours, theirs = load_file(one), load_file(other)
    assert len(ours) > 5 and ours.keys() == theirs.keys()
    assert all(torch.equal(tensor, theirs[name]) for name, tensor in ours.items())


# ---- killed, and gone on


@pytest.mark.slow
@pytest.mark.parametrize("kind", RUNS)
def test_a_killed_run_ends_bit_for_bit_where_an_undisturbed_one_does(kind, mnist, tmp_path):
    checkpoint, never = tmp_path / "checkpoint.pt", tmp_path / "never"
    with start(kind, checkpoint, never, "slow") as victim:
        for line in victim.stdout:
            if line.startswith("in the third epoch"):
                break
        os.kill(victim.pid, signal.SIGKILL)
    assert victim.returncode == -signal.SIGKILL
    assert len(checkpoints(tmp_path)) == 1 and not never.exists()

    heir = start(kind, checkpoint, tmp_path / "resumed", "fast")
    output, _ = heir.communicate()
    assert heir.returncode == 0 and "Going on after epoch 2." in output
    assert "epoch 3:" in output and "epoch 1:" not in output
    assert checkpoints(tmp_path) == []  # the run is complete

    start(kind, tmp_path / "other.pt", tmp_path / "undisturbed", "fast").communicate()
    assert_same_weights(tmp_path / "resumed", tmp_path / "undisturbed")


@pytest.mark.slow
def test_two_processes_with_one_checkpoint_both_end_well(mnist, tmp_path):
    names = [tmp_path / "a", tmp_path / "b"]
    both = [start("fit", tmp_path / "checkpoint.pt", name, "fast") for name in names]
    assert [process.communicate() and process.returncode for process in both] == [0, 0]
    assert_same_weights(*names)
    assert checkpoints(tmp_path) == []


def test_stop_keeps_what_was_learnt_and_the_next_run_goes_on(digits, checkpoint, capsys):
    untrained = weights(train(digits, augment=stop_at(0))[0])
    model, history = train(digits, augment=stop_at(6), checkpoint=checkpoint)
    assert "Stopped in epoch 2" in capsys.readouterr().out and not model.training
    assert len(history["seconds"]) == 1 and len(history["loss"]) == 6
    assert weights(model) != untrained
    resumed, history = train(digits, augment=stop_at(99), checkpoint=checkpoint)
    assert "Going on after epoch 1." in capsys.readouterr().out
    assert len(history["seconds"]) == 3 and len(history["loss"]) == 12
    assert weights(resumed) == weights(train(digits, augment=stop_at(99))[0])
    assert checkpoints(checkpoint.parent) == []


def test_stop_before_the_first_step_leaves_what_the_next_cells_need(digits, capsys):
    model, history = train(digits, augment=stop_at(0), validation=digits)
    plot_history(history, "MNIST")
    assert sum(history["seconds"]) == 0 and model.predict_proba(digits[0]).shape == (300, 10)

    def step(*arguments):
        raise KeyboardInterrupt

    generator, history = play(digits, step)
    plot_game(history)
    assert generator.sample(np.arange(3)).shape == (3, 28, 28)
    assert capsys.readouterr().out.count("Stopped in epoch 1") == 2


# ---- which run goes on


def test_another_run_starts_afresh_and_leaves_the_first_one_alone(digits, checkpoint, capsys):
    train(digits, augment=stop_at(6), checkpoint=checkpoint)
    (first,) = checkpoints(checkpoint.parent)
    before = first.read_bytes()
    images, labels = digits
    others: list[tuple[Any, dict[str, Any]]] = [
        ((255 - images, labels), {}),
        ((images, labels[::-1]), {}),
        (digits, {"seed": 1}),
        (digits, {"learning_rate": 0.1}),
        (digits, {"augment": functools.partial(distort, rotation=5)}),
    ]
    for other, options in others:
        capsys.readouterr()
        _, history = train(other, **{"augment": stop_at(99), "checkpoint": checkpoint} | options)
        said = capsys.readouterr().out
        assert "Starting afresh" in said and "epoch 1:" in said and "Going on" not in said
        assert len(history["seconds"]) == 3
        assert checkpoints(checkpoint.parent) == [first] and first.read_bytes() == before
    train(digits, augment=stop_at(99), checkpoint=checkpoint)
    assert "Going on after epoch 1." in capsys.readouterr().out


def test_a_game_with_another_penalty_is_another_run(digits, checkpoint, capsys):
    for penalty in (0.1, 0.2):
        calls = itertools.count()

        def step(*arguments, calls=calls, penalty=penalty):
            if next(calls) == 5:
                raise KeyboardInterrupt
            return train_step(*arguments, game=dcgan_game(penalty=penalty))

        play(digits, step, checkpoint=checkpoint)
        assert "Going on" not in capsys.readouterr().out
    assert len(checkpoints(checkpoint.parent)) == 2


class Turned:
    def __init__(self, angle):
        self.angle = angle

    def __call__(self, images, strength):
        return distort(images, rotation=self.angle)


def augmentations(angle: float) -> list:
    return [
        functools.partial(distort, rotation=angle),
        lambda images, strength: distort(images, angle * strength),
        lambda images, strength, angle=angle: distort(images, rotation=angle),
        Turned(angle),
    ]


def test_functions_count_by_their_values():
    prints = [fingerprint(f) for angle in (5.0, 6.0) for f in augmentations(angle)]
    assert len(set(prints)) == 8
    assert prints[:4] == [fingerprint(f) for f in augmentations(5.0)]
    constants = [lambda x, s: x + 1, lambda x, s: x + 2]
    assert fingerprint(constants[0]) != fingerprint(constants[1])
    calls = itertools.count()
    counting = lambda x, s: (next(calls), x)  # noqa: E731
    before = fingerprint(counting)
    counting(0, 0)
    assert fingerprint(counting) == before


@pytest.mark.slow
def test_a_fingerprint_is_the_same_in_every_process():
    code = """
import functools, numpy as np
from helpers.training_run.checkpoint import fingerprint
from helpers.cnn import distort
f = lambda x, s: distort(x, s) if s in {"a", "b", "c", 1.0} else x
print(fingerprint(functools.partial(distort, elastic=0.3), f, np.arange(9), {"a": (1, None)}))
"""
    runs = [
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert len(runs[0]) == 65 and runs[0] == runs[1]


# ---- damaged files


def test_a_checkpoint_gives_back_what_was_put_in(tmp_path):
    path = tmp_path / "checkpoint.pt"
    save_checkpoint(path, "a run", {"weight": torch.ones(2)})
    assert torch.equal(load_checkpoint(path, "a run")["weight"], torch.ones(2))
    assert load_checkpoint(tmp_path / "none.pt", "a run") is None
    with pytest.raises(LabError, match="delete it"):
        load_checkpoint(path, "another run")


def test_a_damaged_checkpoint_is_named_and_never_used(tmp_path):
    path = tmp_path / "checkpoint.pt"
    save_checkpoint(path, "a run", {"weight": torch.ones(100)})
    good, chance = path.read_bytes(), random.Random(0)
    for _ in range(300):
        bad = bytearray(good)
        match chance.randrange(4):
            case 0:
                bad[chance.randrange(len(bad))] ^= 1 << chance.randrange(8)
            case 1:
                del bad[chance.randrange(len(bad)) :]
            case 2:
                bad[: chance.randrange(200)] = chance.randbytes(chance.randrange(200))
            case 3:
                bad += chance.randbytes(1 + chance.randrange(50))
        if bytes(bad) == good:
            continue
        path.write_bytes(bad)
        with pytest.raises(LabError, match=r"^\S+checkpoint.pt is damaged: delete it [^\n]+$"):
            load_checkpoint(path, "a run")


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"parts": {}, "history": {}},
        {"parts": "weights"},
        {"history": {"loss": ["a"]}},
        {"history": {"seconds": []}},
        {"history": {"seconds": [1.0] * 9}},
        {"history": {"loss": [math.nan]}},
        {"parts": {"model": {}}},
    ],
)
def test_a_checkpoint_with_other_things_in_it_is_refused(state, digits, checkpoint):
    train(digits, checkpoint=checkpoint, augment=stop_at(6))
    (file,) = checkpoints(checkpoint.parent)
    run = json.loads(file.read_bytes().partition(b"\n")[0])["run"]
    whole = load_checkpoint(file, run)
    changed = {k: whole[k] | v if isinstance(v, dict) else v for k, v in state.items()}
    save_checkpoint(file, run, whole | changed if state else {})
    if state == {"parts": {}, "history": {}}:
        save_checkpoint(file, run, state)
    with pytest.raises(LabError, match="damaged: delete it"):
        train(digits, checkpoint=checkpoint, augment=stop_at(99))


# ---- full disks, and losses that are no numbers


def test_a_disk_that_is_full_is_said_once_and_the_training_goes_on(
    digits, tmp_path, fill_the_disk, capsys
):
    fill_the_disk()
    _, history = train(digits, checkpoint=tmp_path / "checkpoint.pt")
    assert len(history["seconds"]) == 3
    assert capsys.readouterr().out.count("No space left on device. The training goes on") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_checkpoint_that_has_no_place_is_said_once_and_the_training_goes_on(
    digits, tmp_path, capsys
):
    (tmp_path / "file").write_text("in the way")
    _, history = train(digits, checkpoint=tmp_path / "file" / "checkpoint.pt")
    assert len(history["seconds"]) == 3
    assert capsys.readouterr().out.count("The training goes on without it.") == 1


def test_a_score_that_is_no_number_does_not_spoil_the_checkpoint(digits, checkpoint, capsys):
    stops = iter([False] * 5 + [True])  # in the second epoch of the first run

    def step(*arguments):
        if next(stops, False):
            raise KeyboardInterrupt
        return train_step(*arguments)

    def score(generator):
        return {"score": math.nan}

    for _ in range(2):
        torch.manual_seed(0)
        players = Generator(16, 4), Discriminator(4)
        options = {"epochs": 3, "batch_size": 64, "score": score, "checkpoint": checkpoint}
        _, history = fit_gan(*players, *digits, step=step, **options)
    assert "Going on after epoch 1." in capsys.readouterr().out
    assert np.isnan(history["scores"]["score"]).all() and len(history["seconds"]) == 3


@pytest.mark.parametrize("run", [train, play])
def test_a_log_that_cannot_be_written_is_said_once_and_the_training_goes_on(
    run, digits, tmp_path, capsys
):
    (tmp_path / "file").write_text("in the way")
    _, history = run(digits, log_dir=tmp_path / "file" / "log")
    assert len(history["seconds"]) == 3
    assert capsys.readouterr().out.count("could not be written") == 1


@pytest.mark.slow
def test_a_log_on_a_disk_that_fills_up_is_said_once(digits, tmp_path):
    """In a process that may write no file of more than 20 kB: the log of the later epochs."""
    code = FRAME.format(RUNS["fit"]).replace("checkpoint=checkpoint", "log_dir=checkpoint")
    code = code.replace("batch_size=64", "batch_size=4")
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
    code = code.replace("mnist = load_mnist()\n", "mnist = load_mnist()\n" + limit)
    code = code.replace("model.save(weights)", "print('done')")
    arguments = [str(tmp_path / "log"), "", "fast"]
    result = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True
    )
    assert result.stdout.count("could not be written: File too large.") == 1
    assert "epoch 4:" in result.stdout and result.stdout.endswith("done\n"), result.stderr


@pytest.mark.parametrize("rate", [math.nan, math.inf, -1.0, "fast", None])
def test_a_learning_rate_that_is_none_is_refused(digits, rate):
    with pytest.raises(LabError, match="rate must be"):
        train(digits, learning_rate=rate)
    with pytest.raises(LabError, match="rate must be"):
        play(digits, generator_rate=rate)


def test_a_run_that_diverges_ends_with_its_last_good_epoch(digits, checkpoint, capsys):
    calls = itertools.count()

    def spoil(images, strength):
        return images * math.inf if next(calls) == 6 else images

    model, history = train(digits, augment=spoil, checkpoint=checkpoint)
    said = capsys.readouterr().out
    assert "The loss is not finite" in said and "what was learnt by epoch 1 is kept" in said
    assert len(history["seconds"]) == 1 and np.isfinite(history["loss"]).all()
    once = train(digits, augment=stop_at(4))[0]  # its first epoch, undisturbed, and no more
    assert weights(model) == weights(once) and not model.training
    assert checkpoints(checkpoint.parent) == []
    model, _ = train(digits, learning_rate=1e18)
    assert torch.isfinite(model.classifier.weight).all()
    assert "Stopped in epoch" in capsys.readouterr().out
