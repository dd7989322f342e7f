"""The CNN: what it answers, its file, and how `fit` trains it."""

import os
import pickle
from typing import Any

import numpy as np
import pytest
import torch
from hostile import assert_one_sentence
from safetensors.torch import save_file

from helpers import ROOT, LabError
from helpers.cnn import DigitCNN, distort, fit
from helpers.recogniser import evaluate


@pytest.fixture
def model() -> DigitCNN:
    torch.manual_seed(1)
    return DigitCNN()


def test_shapes_and_probabilities(model, mnist):
    images = mnist.test_images[:7]
    assert model(torch.from_numpy(images)).shape == (7, 10)
    probabilities = model.predict_proba(images)
    assert probabilities.shape == (7, 10) and probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities.sum(1), 1, atol=1e-5)
    assert model.predict_proba(images[:0]).shape == (0, 10)


def test_with_padding_more_places_are_kept(mnist, tmp_path):
    model = DigitCNN(4, padding=1)
    assert model.embed(mnist.test_images[:3]).shape == (3, 9 * 32)
    assert DigitCNN(4).embed(mnist.test_images[:3]).shape == (3, 32)
    again = DigitCNN.load(model.save(tmp_path / "cnn.safetensors"))
    before, after = (m.predict_proba(mnist.test_images[:3]) for m in (model.eval(), again))
    assert np.array_equal(before, after)


@pytest.mark.parametrize("padding", [0, 1])
@pytest.mark.parametrize(("side", "shape"), [(28, (28, 28, 3)), (32, (32, 32, 3))])
def test_it_learns_pictures_of_another_side_and_in_colour(tmp_path, side, shape, padding):
    colours = np.eye(3, dtype=np.uint8)[np.arange(60) % 3] * 255  # red, green, blue
    images = np.broadcast_to(colours[:, None, None], (60, *shape)).copy()
    model = DigitCNN(4, padding, side, channels=3)
    digits = images, np.arange(60) % 3
    fit(model, *digits, digits, epochs=20, full_epochs=20, batch_size=20, show_progress=False)
    assert evaluate(model, *digits) == 1
    again = DigitCNN.load(model.save(tmp_path / "cnn.safetensors"))
    assert np.array_equal(again.predict_proba(images), model.predict_proba(images))
    with pytest.raises(LabError, match=rf"shape \(N, {side}, {side}, 3\), not \(60, 28, 28\)"):
        model.predict_proba(images[:, :28, :28, 0])


def test_a_file_from_before_there_were_other_pictures_is_of_digits(tmp_path):
    shipped = DigitCNN.load(ROOT / "models" / "cnn.safetensors")
    assert {"side", "channels"}.isdisjoint(shipped.facts)
    assert shipped.image_shape == (28, 28)
    again = DigitCNN.load(shipped.save(tmp_path / "cnn.safetensors"))
    assert (again.facts["side"], again.facts["channels"]) == (28, 1)


def test_a_prediction_does_not_depend_on_the_rest_of_the_batch(model, mnist):
    model.train()
    images = mnist.test_images[:50]
    together = model.predict_proba(images)
    np.testing.assert_allclose(model.predict_proba(images[3:4]), together[3:4], atol=1e-5)
    assert model.training  # and training can go on


@pytest.mark.parametrize(
    "images",
    [
        np.zeros((1, 28, 28), np.float32),
        np.zeros((28, 28), np.uint8),
        np.zeros((1, 8, 8), np.uint8),
    ],
)
def test_other_images_are_refused(model, images):
    with pytest.raises(LabError, match="images must"):
        model.predict_proba(images)
    with pytest.raises(LabError, match="images must"):
        fit(model, images, np.zeros(len(images), np.int64))


def test_what_is_reasonable_is_taken_without_a_warning(model, mnist):
    images, labels = mnist.test_images[:64].copy(), mnist.test_labels[:64]
    wanted = model.predict_proba(images)
    images.flags.writeable = False
    assert np.array_equal(model.predict_proba(images), wanted)
    assert np.array_equal(model.predict_proba(images[::-1])[::-1], wanted)
    assert np.array_equal(model.predict_proba(np.asfortranarray(images)), wanted)
    trained = []
    for kind in (np.int64, np.int32, np.uint8, ">i8"):
        torch.manual_seed(1)
        student = DigitCNN(4)
        fit(student, images[::-1], labels[::-1].astype(kind), epochs=1, show_progress=False)
        trained.append(student.classifier.weight)
    assert all(torch.equal(weight, trained[0]) for weight in trained)


@pytest.mark.parametrize("count", [2, 3, 200])
def test_few_digits_are_enough(mnist, count):
    history = fit(DigitCNN(4), mnist.train_images[:count], mnist.train_labels[:count])
    assert len(history["seconds"]) == 6


def test_after_the_full_epochs_only_the_harder_half_is_met(mnist):
    images, labels = mnist.test_images[:64], mnist.test_labels[:64].copy()
    hard = np.random.default_rng(0).permutation(64)[:32]
    labels[hard] = (labels[hard] + 1) % 10  # so the network that ships reads these wrong
    model, met = DigitCNN.load(ROOT / "models" / "cnn.safetensors"), []

    def augment(images, strength):
        met.extend(image.tobytes() for image in images.numpy())
        return images

    fit(
        model,
        images,
        labels,
        epochs=2,
        full_epochs=1,
        batch_size=32,
        learning_rate=1e-9,
        augment=augment,
    )
    assert sorted(met[:64]) == sorted(image.tobytes() for image in images)
    assert sorted(met[64:]) == sorted(image.tobytes() for image in images[hard])


IMAGES, LABELS = np.zeros((6, 28, 28), np.uint8), np.arange(6)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"labels": LABELS[:5]}, "6 images and 5 labels"),
        ({"labels": LABELS.astype(float)}, "whole numbers"),
        ({"validation": (IMAGES, LABELS[:, None])}, r"\(N,\), not \(6, 1\)"),
        ({"validation": (IMAGES, LABELS[:3])}, "6 images and 3 labels"),
        ({"validation": (IMAGES / 255, LABELS)}, "validation: images must be uint8"),
        ({"validation": IMAGES}, "validation must be a pair"),
        ({"batch_size": 0}, "batch_size must be a whole number"),
        ({"epochs": 2.5}, "epochs must be a whole number"),
        ({"epochs": True}, "epochs must be a whole number"),
        ({"full_epochs": -1}, "full_epochs must be a whole number, at least 0"),
        ({"seed": "x"}, "seed must be a whole number"),
        ({"weight_decay": np.nan}, "weight_decay must be a finite number"),
    ],
)
def test_the_rest_is_refused_before_any_work(options, words):
    def augment(images, strength):
        pytest.fail("it has begun")

    with pytest.raises(LabError, match=words):
        fit(DigitCNN(4), **{"images": IMAGES, "labels": LABELS, "augment": augment} | options)


def test_progress_is_told_from_the_first_step_to_the_last(mnist):
    told, losses = [], []

    def progress(share_done, history):
        told.append(share_done)
        losses.append(history["loss"][-1])

    digits = mnist.train_images[:300], mnist.train_labels[:300]
    history = fit(DigitCNN(4), *digits, epochs=2, batch_size=100, full_epochs=2, progress=progress)
    assert told == pytest.approx([1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6, 1])
    assert losses == history["loss"]


def test_a_file_gives_the_same_network_back(model, mnist, tmp_path):
    path = model.save(tmp_path / "cnn.safetensors", seed=1, source="MNIST")
    again = DigitCNN.load(path)
    assert again.facts["seed"] == 1 and again.facts["source"] == "MNIST"
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, again.state_dict()[name]), name
    images = mnist.test_images[:100]
    assert np.array_equal(model.predict_proba(images), again.predict_proba(images))


@pytest.mark.parametrize("number", [np.nan, np.inf, -1e30])
def test_weights_that_cannot_predict_are_never_written_over_good_ones(model, tmp_path, number):
    path = model.save(tmp_path / "cnn.safetensors")
    good = path.read_bytes()
    with torch.no_grad():
        model.classifier.bias[3] = number
    with pytest.raises(LabError, match=r"was not written: classifier.bias holds") as caught:
        model.save(path)
    assert_one_sentence(caught.value, path)
    assert path.read_bytes() == good and list(tmp_path.iterdir()) == [path]


def test_facts_that_are_no_json_are_not_written(model, tmp_path):
    deep: list = []
    for _ in range(100_000):
        deep = [deep]
    for fact in ({1, 2}, np.float32(1), deep):
        with pytest.raises(LabError, match="no JSON") as caught:
            model.save(tmp_path / "cnn.safetensors", fact=fact)
        assert_one_sentence(caught.value, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_network_in_half_or_double_precision_is_written_in_single(model, mnist, tmp_path):
    images = mnist.test_images[:20]
    again = DigitCNN.load(model.double().save(tmp_path / "cnn.safetensors"))
    assert np.allclose(again.predict_proba(images), model.float().predict_proba(images), atol=1e-6)


def _pickle(path, model):
    path.write_bytes(pickle.dumps(model.state_dict()))


def _truncate(path, model):
    model.save(path)
    path.write_bytes(path.read_bytes()[:-100])


def _foreign(path, model):
    save_file({"weight": torch.zeros(3)}, path, {"model": '"Other"'})


def _change(edit, **facts):
    facts = {"model": '"DigitCNN"', "width": "16", "padding": "0"} | facts

    def damage(path, model):
        tensors = {k: v.contiguous() for k, v in model.state_dict().items()}
        edit(tensors)
        save_file(tensors, path, facts)

    return damage


def _bias(change):
    return _change(lambda t: t.update({"classifier.bias": change(t["classifier.bias"])}))


def _endless(path, model):
    path.symlink_to("/dev/zero")


def _huge(path, model):
    with open(path, "wb") as file:
        file.truncate(10**12)  # takes no room on the disk


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda path, model: None, "does not exist"),
        (lambda path, model: path.mkdir(), "could not be read: Is a directory"),
        (lambda path, model: os.mkfifo(path), "is not a file"),
        (_endless, "is not a file"),
        (_huge, "larger than 144 MB"),
        (_pickle, "not a complete safetensors file"),
        (_truncate, "not a complete safetensors file"),
        (_foreign, "does not hold the weights of a DigitCNN"),
        (_change(lambda t: t.pop("classifier.bias")), "lacks tensor classifier.bias"),
        (_change(lambda t: t.update(extra=torch.zeros(1))), "foreign tensor extra"),
        (_change(lambda t: t.update({"x" * 100_000: torch.zeros(1)})), "foreign tensor xxx"),
        (_bias(lambda b: torch.zeros(9)), "has the shape"),
        (_bias(lambda b: b.fill_(torch.nan)), "NaN or infinity"),
        (_bias(lambda b: b.fill_(torch.inf)), "NaN or infinity"),
        (_bias(lambda b: b.fill_(3e38)), "a number beyond"),
        (_bias(lambda b: b.double()), "has the type F64, not F32"),
        (_bias(lambda b: b.to(torch.float8_e5m2)), "has the type F8_E5M2, not F32"),
        (_bias(lambda b: b.to(torch.complex64)), "has the type C64, not F32"),
        (_bias(lambda b: b.to(torch.int8)), "has the type I8, not F32"),
        (_bias(lambda b: b > 0), "has the type BOOL, not F32"),
        (_change(lambda t: t["features.2.running_var"].fill_(-1)), "running_var holds a negative"),
        (_change(lambda t: None, source="[" * 100_000), "not a complete safetensors file"),
        (_change(lambda t: None, source="9" * 5000), "not a complete safetensors file"),
        (_change(lambda t: None, source="word"), "not a complete safetensors file"),
    ],
)
def test_bad_weights_are_refused(model, tmp_path, damage, words):
    path = tmp_path / "bad.safetensors"
    damage(path, model)
    with pytest.raises(LabError, match=words) as caught:
        DigitCNN.load(path)
    assert_one_sentence(caught.value, path)


@pytest.mark.parametrize(
    ("width", "padding"),
    [
        *(("1000000", "0"), ("0", "0"), ("-16", "0"), ('"a"', "0"), ("true", "0"), ("16.0", "0")),
        *(("16", "7"), ("16", "false"), ("[[16]]", "0"), (f'"{"x" * 100_000}"', "0")),
    ],
)
def test_an_absurd_size_is_refused_before_anything_is_built(tmp_path, width, padding):
    path = tmp_path / "bad.safetensors"
    save_file({}, path, {"model": '"DigitCNN"', "width": width, "padding": padding})
    with pytest.raises(LabError, match="can't hold a DigitCNN of width") as caught:
        DigitCNN.load(path)
    assert_one_sentence(caught.value, path)


@pytest.mark.slow
def test_the_committed_weights_read_mnist(mnist):
    model = DigitCNN.load(ROOT / "models" / "cnn.safetensors")
    assert evaluate(model, mnist.test_images, mnist.test_labels) >= 0.993


def test_fit_learns_and_repeats_itself(mnist, tmp_path):
    images, labels, *validation = mnist.split()
    runs = []
    for run in range(2):
        torch.manual_seed(3)
        model = DigitCNN(width=4)
        history = fit(
            model,
            images[:3000],
            labels[:3000],
            (validation[0][:1000], validation[1][:1000]),
            epochs=2,
            batch_size=50,
            augment=distort,
            seed=3,
            log_dir=str(tmp_path / str(run)),
        )
        runs.append(model.state_dict())
    assert history["validation_accuracy"][-1] > 0.9
    assert len(history["loss"]) == 120 == len(history["learning_rate"])
    assert history["loss"][-1] < history["loss"][0]
    assert all(torch.equal(runs[0][name], runs[1][name]) for name in runs[0])
    assert list(tmp_path.glob("0/events*"))


def test_the_last_digits_are_distorted_less(mnist):
    strengths = []

    def augment(images, strength):
        strengths.append(strength)
        return images

    images, labels = mnist.train_images[:500], mnist.train_labels[:500]
    options: dict[str, Any] = {"epochs": 4, "full_epochs": 4, "batch_size": 50}
    fit(DigitCNN(width=4), images, labels, augment=augment, show_progress=False, **options)
    assert strengths == 35 * [1] + 5 * [0.3]
