"""The NumPy network: its derivatives against two oracles, its learning, its refusals."""

import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import torch

from helpers import ROOT, LabError
from helpers.mlp import MLP, distort_digits, softmax
from helpers.mlp import network as mlp_module
from helpers.recogniser import evaluate


@pytest.fixture(scope="module")
def four_digits():
    rng = np.random.default_rng(1)
    return rng.random((4, 784)), np.array([3, 1, 4, 1])


def torch_twin(model):
    """The same network in PyTorch, with the same weights."""
    layers: list[torch.nn.Module] = []
    for W, b in zip(model.W, model.b, strict=True):
        linear = torch.nn.Linear(len(W), len(b), dtype=torch.from_numpy(W).dtype)
        linear.weight.data = torch.from_numpy(W.T.copy())
        linear.bias.data = torch.from_numpy(b.copy())
        layers += [linear, torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])


# ---- forward and backward


@pytest.mark.parametrize("sizes", [(784, 128, 64, 10), (12, 9, 8, 7, 5), (6, 3)])
def test_gradients_equal_finite_differences(sizes):
    rng = np.random.default_rng(2)
    model = MLP(sizes, seed=3, dtype=np.float64)
    for b in model.b:
        b[:] = 0.1 * rng.normal(size=b.shape)  # not zero, or an error in them could hide
    X, y = rng.random((4, sizes[0])), rng.integers(0, sizes[-1], 4)
    _, dW, db = model.loss_and_gradients(X, y)
    step = 1e-6
    for parameter, gradient in zip(model.W + model.b, dW + db, strict=True):
        flat, ours = parameter.reshape(-1), gradient.reshape(-1)
        chosen = rng.choice(flat.size, min(flat.size, 40), replace=False)
        numeric = np.empty(len(chosen))
        for k, index in enumerate(chosen):
            value = flat[index]
            flat[index] = value + step
            above = model.loss_and_gradients(X, y)[0]
            flat[index] = value - step
            below = model.loss_and_gradients(X, y)[0]
            flat[index] = value
            numeric[k] = (above - below) / (2 * step)
        scale = np.abs(numeric).max()
        assert scale > 1e-6
        assert np.abs(ours[chosen] - numeric).max() / scale < 1e-6


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 2e-6)])
def test_gradients_equal_autograd(four_digits, dtype, tolerance):
    model = MLP(dtype=dtype)
    X, y = four_digits[0].astype(dtype), four_digits[1]
    loss, dW, db = model.loss_and_gradients(X, y)
    twin = torch_twin(model)
    torch_loss = torch.nn.functional.cross_entropy(twin(torch.from_numpy(X)), torch.from_numpy(y))
    torch_loss.backward()
    assert loss == pytest.approx(torch_loss.item(), rel=1e-6)
    linears = [layer for layer in twin if isinstance(layer, torch.nn.Linear)]
    for linear, ours_W, ours_b in zip(linears, dW, db, strict=True):
        for ours, theirs in ((ours_W, linear.weight.grad.T), (ours_b, linear.bias.grad)):
            assert np.abs(ours - theirs.numpy()).max() < tolerance * np.abs(ours).max()


def test_training_is_torchs_sgd_step_by_step(mnist):
    """Three epochs of two batches, the second one smaller: same rates, same order, same weights."""
    images, labels = mnist.train_images[:200], mnist.train_labels[:200]
    model = MLP(dtype=np.float64)
    twin = torch_twin(model)
    model.fit(images, labels, epochs=3, learning_rate=0.05, momentum=0.8, show_progress=False)

    # torch multiplies by the rate after the momentum, ours before it: the rate goes into the loss.
    optimiser = torch.optim.SGD(twin.parameters(), lr=1, momentum=0.8)
    X = torch.from_numpy(images.reshape(200, 784).astype(np.float64) / 255)
    rng = np.random.default_rng(0)
    step = 0
    for _ in range(3):
        for chosen in np.split(rng.permutation(200), [128]):
            rate = 0.05 * (1 + np.cos(np.pi * step / 6)) / 2
            step += 1
            optimiser.zero_grad()
            y = torch.from_numpy(labels[chosen])
            (rate * torch.nn.functional.cross_entropy(twin(X[chosen]), y)).backward()
            optimiser.step()
    linears = [layer for layer in twin if isinstance(layer, torch.nn.Linear)]
    for linear, W, b in zip(linears, model.W, model.b, strict=True):
        np.testing.assert_allclose(W, linear.weight.detach().numpy().T, rtol=0, atol=1e-12)
        np.testing.assert_allclose(b, linear.bias.detach().numpy(), rtol=0, atol=1e-12)


def test_loss_and_softmax_survive_huge_logits():
    probabilities = softmax(np.array([[1e4, 0.0], [-1e4, -1e4]], np.float32))
    np.testing.assert_array_equal(probabilities, [[1, 0], [0.5, 0.5]])
    model = MLP((2, 2), dtype=np.float64)
    model.W[0][:] = [[1e4, 0], [0, 1e4]]
    loss, _, _ = model.loss_and_gradients(np.eye(2), np.array([1, 1]))
    assert loss == pytest.approx(5e3)


def test_buffers_change_nothing(four_digits):
    model, (X, y) = MLP(), four_digits
    buffers = mlp_module.Buffers(4, model.sizes, np.float32)
    X = X.astype(np.float32)
    for _ in range(2):  # the second time they hold what the first one left
        loss, dW, db = model.loss_and_gradients(X, y, buffers)
    fresh_loss, fresh_dW, fresh_db = model.loss_and_gradients(X, y)
    assert loss == fresh_loss
    for reused, fresh in zip(dW + db, fresh_dW + fresh_db, strict=True):
        np.testing.assert_array_equal(reused, fresh)


def test_he_initialisation():
    model = MLP(seed=5)
    for W, b in zip(model.W, model.b, strict=True):
        assert W.std() == pytest.approx(np.sqrt(2 / len(W)), rel=0.1)
        assert not b.any()
    assert not np.array_equal(model.W[0], MLP(seed=6).W[0])


# ---- learning


def test_learns_real_digits(mnist, capsys):
    model = MLP()
    validation = mnist.train_images[-2000:], mnist.train_labels[-2000:]
    history = model.fit(
        mnist.train_images[:10_000], mnist.train_labels[:10_000], epochs=4, validation=validation
    )
    assert set(history) == {"loss", "seconds", "validation_accuracy"}
    assert len(history["loss"]) == 4 * 79  # a number for each batch
    assert len(history["seconds"]) == len(history["validation_accuracy"]) == 4
    assert np.mean(history["loss"][-79:]) < 0.2 < np.mean(history["loss"][:79])
    assert history["validation_accuracy"][-1] >= 0.95
    probabilities = model.predict_proba(mnist.test_images)
    assert probabilities.shape == (10_000, 10)
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    assert evaluate(model, mnist.test_images, mnist.test_labels) >= 0.93
    assert history["validation_accuracy"][-1] == evaluate(model, *validation)
    assert model.training["epochs"] == 4
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == [f"epoch {k}" for k in (1, 2, 3, 4)]


def test_same_seed_same_bits(mnist):
    def train(seed, augment=distort_digits):
        model = MLP((784, 32, 10))
        settings: dict[str, Any] = dict(epochs=2, augment=augment, seed=seed, show_progress=False)
        model.fit(mnist.train_images[:1000], mnist.train_labels[:1000], **settings)
        return model.parameters

    first = train(7)
    np.testing.assert_array_equal(first, train(7))
    assert not np.array_equal(first, train(8))
    assert not np.array_equal(first, train(7, augment=None))


def test_training_leaves_the_images_alone_and_predictions_do_not_depend_on_the_batch(mnist):
    images = mnist.train_images[:1500].copy()
    model = MLP((784, 16, 10))
    settings: dict[str, Any] = dict(epochs=1, augment=distort_digits, show_progress=False)
    model.fit(images, mnist.train_labels[:1500], **settings)
    assert model.training["augment"] == "distort_digits"
    np.testing.assert_array_equal(images, mnist.train_images[:1500])
    together = model.predict_proba(images)
    alone = np.concatenate([model.predict_proba(images[k : k + 1]) for k in (0, 700, 1499)])
    np.testing.assert_allclose(alone, together[[0, 700, 1499]], atol=1e-6)
    assert model.predict_proba(images[:0]).shape == (0, 10)
    assert model.predict_proba(images[::-1])[0] == pytest.approx(together[-1], abs=1e-6)


def test_velocities_do_not_fade_into_numbers_that_are_slow(mnist, monkeypatch):
    """Unchecked, a pixel without ink for 800 steps gets a velocity below 1e-38: tenfold slower."""
    made: list[np.ndarray] = []
    zeros_like = np.zeros_like

    def make(array):
        made.append(zeros_like(array))
        return made[-1]

    monkeypatch.setattr(np, "zeros_like", make)
    images = np.zeros((2400, 28, 28), np.uint8)
    images.reshape(2400, 784)[np.arange(2400), np.arange(2400) % 784] = 255  # three times each
    settings: dict[str, Any] = dict(epochs=1, batch_size=2, learning_rate=0.01)
    MLP((784, 16, 10)).fit(images, mnist.train_labels[:2400], show_progress=False, **settings)
    (velocity,) = made
    moving = np.abs(velocity[velocity != 0])
    assert moving.size > 100
    assert moving.min() > np.finfo(np.float32).tiny


def test_interruption_keeps_what_was_learnt(mnist, capsys):
    class Interrupted(MLP):
        calls = 0

        def loss_and_gradients(self, *arguments):
            self.calls += 1
            if self.calls == 13:  # in the second epoch of eight batches
                raise KeyboardInterrupt
            return super().loss_and_gradients(*arguments)

    images, labels = mnist.train_images[:1000], mnist.train_labels[:1000]
    model = Interrupted((784, 32, 10))
    before = model.parameters.copy()
    history = model.fit(images, labels, epochs=5, show_progress=False)
    assert len(history["loss"]) == 12
    assert len(history["seconds"]) == 1
    assert capsys.readouterr().out.count("\n") == 1
    assert not np.array_equal(model.parameters, before)
    assert evaluate(model, images, labels) > 0.5
    assert model.training["epochs"] == 1


def test_a_diverging_loss_stops_in_one_line(mnist, capsys, recwarn):
    model = MLP((784, 32, 10))
    history = model.fit(
        mnist.train_images[:1000], mnist.train_labels[:1000], learning_rate=1e30, epochs=3
    )
    assert history["seconds"] == []
    assert np.isfinite(history["loss"]).all()
    assert "learning_rate" in capsys.readouterr().out
    assert not recwarn.list


def test_the_weights_that_ship_read_as_well_as_they_say(mnist):
    path = ROOT / "models" / "mlp.json"
    model = MLP.load(path)
    accuracy = evaluate(model, mnist.test_images, mnist.test_labels)
    assert accuracy == pytest.approx(model.training["test_accuracy"], abs=2e-4)
    assert accuracy >= 0.987
    assert path.stat().st_size < 2_500_000


# ---- what fit and predict_proba refuse


IMAGES = np.zeros((6, 28, 28), np.uint8)
LABELS = np.arange(6)


@pytest.mark.parametrize(
    ("images", "words"),
    [
        (IMAGES.tolist(), "NumPy array"),
        (torch.from_numpy(IMAGES), "NumPy array"),
        (IMAGES / 255, "uint8"),
        (IMAGES.astype(np.float32), "scales them itself"),
        (IMAGES.astype(np.int64), "uint8"),
        (IMAGES.astype(bool), "uint8"),
        (IMAGES[0], "images[None]"),
        (IMAGES.reshape(6, 784), "(N, 28, 28)"),
        (IMAGES[..., None], "(N, 28, 28)"),
        (IMAGES[:, :27], "(N, 28, 28)"),
    ],
)
def test_wrong_images(images, words):
    model = MLP()
    for use in (
        model.predict_proba,
        lambda images: model.fit(images, LABELS),
        lambda images: model.fit(IMAGES, LABELS, validation=(images, LABELS)),
    ):
        with pytest.raises(LabError) as caught:
            use(images)
        assert words in str(caught.value)


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (LABELS.tolist(), "NumPy array"),
        (LABELS.astype(float), "whole numbers"),
        (LABELS.astype(str), "whole numbers"),
        (LABELS[:5], "6 images and 5 labels"),
        (LABELS + 5, "0..9"),
        (LABELS - 1, "0..9"),
        (np.eye(10)[LABELS], "(N,)"),
    ],
)
def test_wrong_labels(labels, words):
    for arguments in ({"labels": labels}, {"labels": LABELS, "validation": (IMAGES, labels)}):
        with pytest.raises(LabError) as caught:
            MLP().fit(IMAGES, **arguments)
        assert words in str(caught.value)


@pytest.mark.parametrize("settings", [{"epochs": 0}, {"batch_size": 0}])
def test_wrong_settings(settings):
    with pytest.raises(LabError):
        MLP().fit(IMAGES, LABELS, **settings)


def test_empty_wrong_sizes_and_other_networks():
    with pytest.raises(LabError, match="empty"):
        MLP().fit(IMAGES[:0], LABELS[:0])
    for sizes in ((784,), (784, 0, 10), ()):
        with pytest.raises(LabError, match="sizes"):
            MLP(sizes)
    with pytest.raises(LabError, match="784 pixels"):
        MLP((10, 10)).predict_proba(IMAGES)


def test_works_where_torch_cannot_be_imported():
    program = (
        "import sys\n"
        "sys.modules['torch'] = sys.modules['torchvision'] = None  # importing it now fails\n"
        "import numpy as np\n"
        "from helpers.mlp import MLP\n"
        "model = MLP((784, 8, 10))\n"
        "model.fit(np.zeros((4, 28, 28), np.uint8), np.arange(4), epochs=1, show_progress=False)\n"
        "print(model.predict_proba(np.zeros((2, 28, 28), np.uint8)).shape)\n"
        "heavy = {'scipy', 'matplotlib', 'PIL', 'pandas', 'sklearn'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == "(2, 10)"
