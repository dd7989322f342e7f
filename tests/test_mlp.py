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
from helpers.mlp.arrays import make_parameters
from helpers.mlp.training import Descent
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


def test_gradients_may_be_written_to_arrays_that_are_ready(four_digits):
    model, (X, y) = MLP(dtype=np.float64), four_digits
    _, *fresh = model.loss_and_gradients(X, y)
    A = model.forward(X)
    dZ = (softmax(A[-1]) - np.eye(10)[y]) / 4
    vector, *ready = make_parameters(model.sizes, np.float64)
    vector[:] = np.nan  # what they hold does not matter
    model.backward(A, dZ, ready)
    for written, expected in zip(ready[0] + ready[1], fresh[0] + fresh[1], strict=True):
        np.testing.assert_allclose(written, expected, rtol=1e-12, atol=1e-18)


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


def test_velocities_do_not_fade_into_numbers_that_are_slow():
    """Unchecked, a pixel without ink for 800 steps gets a velocity below 1e-38: tenfold slower."""
    model = MLP((784, 16, 10))
    descent = Descent(model, momentum=0.9)
    for step in range(1200):
        X = np.zeros((2, 784), np.float32)
        X[:, step % 784] = 1
        descent.step(X, np.array([step % 10, 3]), rate=0.01)
        moving = np.abs(descent.velocity[descent.velocity != 0])
        assert moving.size > 10
        assert moving.min() > np.finfo(np.float32).tiny


def test_progress_is_told_after_each_step(mnist, capsys):
    told: list[float] = []
    losses: list[float] = []

    def progress(share_done, history):
        told.append(share_done)
        losses.append(history["loss"][-1])

    model = MLP((784, 8, 10))
    digits = mnist.train_images[:100], mnist.train_labels[:100]
    history = model.fit(*digits, epochs=3, batch_size=40, show_progress=False, progress=progress)
    np.testing.assert_allclose(told, np.arange(1, 10) / 9)
    assert told[-1] == 1 and losses == history["loss"]
    assert capsys.readouterr() == ("", "")


# ---- stopped, or gone astray


def stop(*_):
    raise KeyboardInterrupt


class Spoiler:
    """A `progress` that keeps the weights of each epoch's end, and acts at one step."""

    def __init__(self, model, epochs, steps, at, act):
        self.model, self.epochs, self.steps, self.at, self.act = model, epochs, steps, at, act
        self.kept = [model.parameters.copy()]

    def __call__(self, share_done, history):
        step = round(share_done * self.steps)
        assert len(history["loss"]) == step
        if step == self.at:
            self.act(self.model.parameters)
        elif step % (self.steps // self.epochs) == 0:
            self.kept.append(self.model.parameters.copy())


def overflow(parameters):
    parameters[:] = 1e38


def make_nan(parameters):
    parameters[-1] = np.nan


def make_nan_and_stop(parameters):
    make_nan(parameters)
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("at", "act", "good", "words"),
    [
        (6, overflow, 0, "epoch 1 of 3: the loss is"),
        (12, overflow, 1, "epoch 2 of 3: the loss is"),
        (23, make_nan, 2, "epoch 3 of 3: the loss is nan"),
        (24, make_nan, 2, "epoch 3 of 3: the weights are"),  # the last step: no loss shows it
        (3, make_nan_and_stop, 0, "epoch 1 of 3"),
        (13, make_nan_and_stop, 1, "epoch 2 of 3"),
    ],
)
def test_the_last_good_epoch_comes_back(mnist, tmp_path, capsys, recwarn, at, act, good, words):
    model = MLP((784, 32, 10))
    spoiler = Spoiler(model, epochs=3, steps=24, at=at, act=act)
    history = model.fit(
        mnist.train_images[:1000],
        mnist.train_labels[:1000],
        validation=(mnist.test_images[:100], mnist.test_labels[:100]),
        epochs=3,
        show_progress=False,
        progress=spoiler,
    )
    assert len(spoiler.kept) == good + 1
    np.testing.assert_array_equal(model.parameters, spoiler.kept[good])
    assert len(history["seconds"]) == len(history["validation_accuracy"]) == good
    assert np.isfinite(history["loss"]).all()
    assert model.training.get("epochs", 0) == good
    assert model.training.get("loss") == (history["loss"][8 * good - 1] if good else None)
    said = capsys.readouterr().out
    assert said.count("\n") == 1 and words in said
    assert ("learning_rate" in said) == (act is not make_nan_and_stop)
    assert f"learnt by epoch {good}" in said or (not good and "nothing is changed" in said)
    assert not recwarn.list
    np.testing.assert_array_equal(MLP.load(model.save(tmp_path / "a")).parameters, model.parameters)


@pytest.mark.parametrize("learning_rate", [1e30, 1e300])
def test_a_learning_rate_that_is_far_too_large(mnist, capsys, recwarn, learning_rate):
    model = MLP((784, 32, 10))
    before = model.parameters.copy()
    images, labels = mnist.train_images[:1000], mnist.train_labels[:1000]
    history = model.fit(images, labels, learning_rate=learning_rate, epochs=3)
    assert history["seconds"] == []
    assert np.isfinite(history["loss"]).all()
    np.testing.assert_array_equal(model.parameters, before)
    assert "try a smaller learning_rate" in capsys.readouterr().out
    assert not recwarn.list


def test_interruption_keeps_what_was_learnt(mnist, capsys):
    images, labels = mnist.train_images[:1000], mnist.train_labels[:1000]
    model = MLP((784, 32, 10))
    spoiler = Spoiler(model, epochs=5, steps=40, at=12, act=stop)  # in the second of eight each
    history = model.fit(images, labels, epochs=5, show_progress=False, progress=spoiler)
    assert len(history["loss"]) == 12
    assert len(history["seconds"]) == 1
    assert capsys.readouterr().out == "Stopped in epoch 2 of 5: what was learnt so far is kept.\n"
    assert not np.array_equal(model.parameters, spoiler.kept[1])
    assert evaluate(model, images, labels) > 0.5
    assert model.training["epochs"] == 1


def test_stopped_before_the_first_step(mnist, tmp_path, capsys):
    images, labels = mnist.train_images[:100], mnist.train_labels[:100]
    model = MLP((784, 8, 10))
    before = model.parameters.copy()
    history = model.fit(images, labels, validation=(images, labels), augment=stop)
    assert history == {"loss": [], "seconds": [], "validation_accuracy": []}
    assert model.fit(images, labels, augment=stop) == {"loss": [], "seconds": []}
    np.testing.assert_array_equal(model.parameters, before)
    assert capsys.readouterr().out.count("Stopped in epoch 1 of 15") == 2
    assert MLP.load(model.save(tmp_path / "mlp.json")).training == {}


def test_what_a_run_did_not_change_keeps_the_facts_of_its_own_training(mnist, tmp_path):
    model = MLP.load(ROOT / "models" / "mlp.json")
    facts = dict(model.training)
    model.fit(mnist.train_images[:100], mnist.train_labels[:100], augment=stop)
    assert facts["test_accuracy"] == 0.9931 and model.training == facts


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


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("epochs", (0, -1, 2.5, True, "3", None, np.float64(2))),
        ("batch_size", (0, -1, 2.5, True, "3", None)),
        ("learning_rate", (np.nan, np.inf, -0.1, "0.1", None, True)),
        ("momentum", (np.nan, -0.1, 1, 1.5, "0.1", None)),
        ("seed", (-1, 1.5, True, "a", None)),
        ("augment", ("distort_digits", 0.5)),
        ("validation", (IMAGES, (IMAGES,), (IMAGES, LABELS, LABELS), 3, (IMAGES, LABELS[:5]))),
        ("validation", ((IMAGES, LABELS[:, None]), (IMAGES[:0], LABELS[:0]), (None, LABELS))),
    ],
)
def test_wrong_settings(name, values, capsys):
    model = MLP()
    before = model.parameters.copy()
    for value in values:
        with pytest.raises(LabError, match=name) as caught:
            model.fit(IMAGES, LABELS, **{name: value})
        assert len(str(caught.value)) < 120
    np.testing.assert_array_equal(model.parameters, before)
    assert not model.training and capsys.readouterr() == ("", "")  # not even a bar was drawn


def test_arrays_of_all_kinds_teach_the_same(mnist, recwarn):
    images, labels = mnist.train_images[:300], mnist.train_labels[:300]
    fixed = images.copy()
    fixed.flags.writeable = False
    kinds = [
        (fixed, labels.astype(np.int32)),
        (images[::-1].copy()[::-1], labels[::-1].copy()[::-1]),
        (np.asfortranarray(images), labels.astype(">i4")),
        (np.repeat(images, 2, axis=2)[:, :, ::2], labels.astype(np.uint8)),
    ]
    results = []
    for digits in [(images, labels), *kinds]:
        model = MLP((784, 16, 10))
        history = model.fit(*digits, epochs=2, validation=digits, show_progress=False)
        accuracy = history["validation_accuracy"][-1]
        results.append((model.parameters, accuracy, model.predict_proba(digits[0])))
    for result in results[1:]:
        for ours, expected in zip(result, results[0], strict=True):
            np.testing.assert_array_equal(ours, expected)
    assert not recwarn.list


def test_numbers_of_numpy_are_settings_too(mnist, tmp_path):
    images, labels = mnist.train_images[:300], mnist.train_labels[:300]
    plain = dict(batch_size=64, learning_rate=0.25, momentum=0.5, epochs=2, seed=3)
    sizes: list[Any] = [(784, 16, 10), (784, np.int64(16), 10)]
    models = [MLP(sizes[0]), MLP(sizes[1])]
    for model, kind in zip(models, (lambda x: x, lambda x: np.array(x)[()]), strict=True):
        settings = {name: kind(value) for name, value in plain.items()}
        model.fit(images, labels, show_progress=False, **settings)
        model.save(tmp_path / "mlp.json")
    np.testing.assert_array_equal(models[0].parameters, models[1].parameters)
    assert MLP.load(tmp_path / "mlp.json").training["batch_size"] == 64


def test_empty_wrong_sizes_and_other_networks():
    with pytest.raises(LabError, match="empty"):
        MLP().fit(IMAGES[:0], LABELS[:0])
    wrong: list[Any] = [(784,), (784, 0, 10), (), 784, None, (784, 2.5, 10), (784, True, 10), "ab"]
    for sizes in wrong:
        with pytest.raises(LabError, match="sizes"):
            MLP(sizes)
    wrong = [-1, 1.5, None, "a"]
    for seed in wrong:
        with pytest.raises(LabError, match="seed"):
            MLP(seed=seed)
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
