"""Two processes that train one network together end where one would, also when one is killed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from train_together import network, train_plain

from helpers import ROOT, LabError
from helpers.cnn import DigitCNN, train
from helpers.training_run import processes
from helpers.training_run.processes import (
    check_shares,
    from_first,
    of_all,
    own_chance,
    own_share,
    together,
)


def torchrun(*arguments: str | Path) -> str:
    """What two processes print that run a script, or a module, together."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", "2", "--max-restarts", "1"]
    command += [str(argument) for argument in arguments]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr[-3000:]
    return result.stdout


def together_do(*arguments: str | Path) -> str:
    return torchrun("tests/train_together.py", *arguments)


@pytest.mark.slow
def test_in_double_precision_two_processes_end_where_one_does(mnist, tmp_path):
    together_do("plain", tmp_path / "both.pt")
    both, losses, right = torch.load(tmp_path / "both.pt")
    images, labels, _, _ = mnist.split()
    weights, history = train_plain(images, labels)
    assert both.dtype == torch.float64 and len(weights) > 1000
    assert torch.equal(both[0], both[1])
    assert (both[0] - weights).abs().max() < 1e-9
    assert losses == pytest.approx(history["loss"], abs=1e-9)
    assert right == history["train_accuracy"]


@pytest.mark.slow
def test_a_killed_process_costs_its_epoch_and_no_more(mnist, tmp_path):
    killed, whole, alone = (tmp_path / name for name in ("killed", "whole", "alone"))
    said = together_do("network", killed, tmp_path / "a.pt", "1")
    assert (
        said.count("epoch 2:") == 2 and "epoch 1:" in said.partition("Going on after epoch 2.")[0]
    )
    assert list(tmp_path.glob("a-*.pt")) == []
    together_do("network", whole, tmp_path / "b.pt")
    ours, theirs = load_file(killed), load_file(whole)
    assert len(ours) > 5 and all(torch.equal(ours[name], theirs[name]) for name in ours)
    network(str(alone), str(tmp_path / "c.pt"))
    accuracy = [DigitCNN.load(path).facts["accuracy"] for path in (whole, alone)]
    assert min(accuracy) > 0.9 and abs(accuracy[0] - accuracy[1]) < 0.03


@pytest.mark.slow
def test_the_command_trains_with_two_processes_and_one_speaks(mnist, tmp_path):
    options = ["--digits", "640", "--epochs", "1", "--log-dir", tmp_path / "log"]
    said = torchrun("-m", "helpers.cnn.train", *options, "--path", tmp_path / "cnn.safetensors")
    assert said.startswith("2 × cpu") and said.count("epoch 1:") == 1
    assert f"weights in {tmp_path / 'cnn.safetensors'}" in said.splitlines()[-1]
    assert DigitCNN.load(tmp_path / "cnn.safetensors").facts["source"] == mnist.source
    assert len(list(tmp_path.glob("log/events*"))) == 1


def test_the_command_trains_alone(mnist, tmp_path, monkeypatch, capsys):
    command = ["train", "--digits", "300", "--epochs", "1", "--path", f"{tmp_path}/a.safetensors"]
    monkeypatch.setattr(sys, "argv", [*command, "--log-dir", f"{tmp_path}/log"])
    train.train_by_command()
    assert capsys.readouterr().out.startswith("1 × cpu") and (tmp_path / "a.safetensors").exists()
    for option, value in (("learning-rate", "-1"), ("epochs", "0"), ("digits", "-5")):
        monkeypatch.setattr(sys, "argv", [*command, f"--{option}", value])
        with pytest.raises(SystemExit, match=f"{option.replace('-', '_')} must be"):
            train.train_by_command()


def test_a_process_alone_has_all_to_itself():
    with together() as device:
        assert device.type in ("cpu", "cuda") and not torch.distributed.is_initialized()
    batch = torch.arange(6)
    assert torch.equal(own_share(batch), batch) and torch.equal(of_all(batch), batch)
    assert from_first(lambda: 3) == 3 and check_shares(7) == 7


def test_each_process_distorts_by_a_chance_of_its_own(monkeypatch):
    drawn = []
    for number in (None, 0, 1, 2, 1):
        torch.manual_seed(5)
        if number is not None:
            monkeypatch.setattr(processes, "process_number", lambda number=number: number)
            own_chance()
        drawn.append(torch.rand(()).item())
    assert drawn[0] == drawn[1] and drawn[2] == drawn[4] and len(set(drawn)) == 3


def test_a_batch_without_equal_shares_is_refused(monkeypatch):
    monkeypatch.setattr(processes, "count_processes", lambda: 3)
    with pytest.raises(LabError, match="batch_size must be a multiple of the 3 processes, not 128"):
        check_shares(128)


def test_more_processes_than_gpus_are_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setenv("LOCAL_RANK", "2")
    with pytest.raises(LabError, match="more processes than GPUs: --nproc-per-node 2"), together():
        pass


@pytest.mark.slow
def test_without_a_gpu_its_benchmark_says_so():
    command = [sys.executable, "benchmarks/gpu.py"]
    environment = os.environ | {"CUDA_VISIBLE_DEVICES": ""}
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert result.returncode == 1 and result.stdout == ""
    assert result.stderr.startswith("No NVIDIA GPU is here") and result.stderr.count("\n") == 1
