"""A training run that is stopped or killed loses nothing."""

import os
import signal
import subprocess
import sys

import pytest
import torch

from helpers import LabError
from helpers.cnn import DigitCNN, distort, fit
from helpers.training_run import load_checkpoint, save_checkpoint

# Trains on 600 digits in four epochs, a line for each; the third is slow enough to be killed in.
RUN = """
import sys, time
import torch
from helpers.cnn import distort
from helpers.cnn import DigitCNN
from helpers.data import load_mnist
from helpers.cnn import fit

checkpoint, weights, slow = sys.argv[1:]
batches = 0

def augment(images, strength):
    global batches
    batches += 1
    if slow == "slow" and batches > 18:
        print("in the third epoch", flush=True)
        time.sleep(60)
    return distort(images, strength)

mnist = load_mnist()
torch.manual_seed(0)
model = DigitCNN(width=4)
images, labels = mnist.train_images[:600], mnist.train_labels[:600]
fit(model, images, labels, epochs=4, batch_size=64, augment=augment, checkpoint=checkpoint)
model.save(weights)
"""


def train(*arguments: str) -> subprocess.Popen:
    command = [sys.executable, "-c", RUN, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


@pytest.mark.slow
def test_a_killed_run_ends_bit_for_bit_where_an_undisturbed_one_does(mnist, tmp_path):
    checkpoint = tmp_path / "checkpoint.pt"
    victim = train(str(checkpoint), str(tmp_path / "never.safetensors"), "slow")
    for line in victim.stdout:
        if line.startswith("in the third epoch"):
            break
    os.kill(victim.pid, signal.SIGKILL)
    assert victim.wait() == -signal.SIGKILL
    assert checkpoint.exists() and not (tmp_path / "never.safetensors").exists()

    heir = train(str(checkpoint), str(tmp_path / "resumed.safetensors"), "fast")
    output, _ = heir.communicate()
    assert heir.returncode == 0 and "Going on after epoch 2" in output
    assert "epoch 3" in output and "epoch 1" not in output
    assert not checkpoint.exists()  # the run is complete

    undisturbed = train(str(checkpoint), str(tmp_path / "undisturbed.safetensors"), "fast")
    assert undisturbed.wait() == 0
    resumed, undisturbed = (
        DigitCNN.load(tmp_path / f"{name}.safetensors").state_dict()
        for name in ("resumed", "undisturbed")
    )
    assert all(torch.equal(resumed[name], undisturbed[name]) for name in undisturbed)


def test_stop_keeps_what_was_learnt_and_the_next_run_goes_on(mnist, tmp_path, capsys):
    images, labels = mnist.train_images[:600], mnist.train_labels[:600]
    batches = 0

    def augment(images, strength):
        nonlocal batches
        batches += 1
        if batches == 15:  # in the second epoch
            raise KeyboardInterrupt
        return distort(images, strength)

    def run(model):
        torch.manual_seed(0)
        options = {"epochs": 3, "batch_size": 64, "checkpoint": tmp_path / "checkpoint.pt"}
        return fit(model, images, labels, augment=augment, **options)

    model = DigitCNN(width=4)
    before = model.classifier.weight.detach().clone()
    history = run(model)
    assert "Stopped in epoch 2" in capsys.readouterr().out
    assert len(history["seconds"]) == 1 and len(history["loss"]) == len(history["learning_rate"])
    assert not torch.equal(model.classifier.weight, before)
    assert len(run(DigitCNN(width=4))["seconds"]) == 3
    assert "Going on after epoch 1" in capsys.readouterr().out


def test_a_checkpoint_of_other_settings_is_left_out(tmp_path, capsys):
    path = tmp_path / "checkpoint.pt"
    save_checkpoint(path, {"seed": 1}, weight=torch.ones(2))
    assert torch.equal(load_checkpoint(path, {"seed": 1})["weight"], torch.ones(2))
    assert load_checkpoint(path, {"seed": 2}) is None
    assert "other settings" in capsys.readouterr().out
    assert load_checkpoint(tmp_path / "none.pt", {}) is None


@pytest.mark.parametrize("content", [b"", b"no checkpoint", b"\x80\x02N."])
def test_a_damaged_checkpoint_is_refused(tmp_path, content):
    path = tmp_path / "checkpoint.pt"
    path.write_bytes(content)
    with pytest.raises(LabError, match="damaged: delete it"):
        load_checkpoint(path, {})


def test_a_truncated_checkpoint_is_refused(tmp_path):
    path = tmp_path / "checkpoint.pt"
    save_checkpoint(path, {}, weight=torch.ones(1000))
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(LabError, match="damaged: delete it"):
        load_checkpoint(path, {})
