"""The pad as one HTML file: what is put in, what is refused, how large it gets."""

from typing import Any

import numpy as np
import pytest
import torch

from helpers import ROOT, LabError
from helpers.cnn import DigitCNN
from helpers.gan import Generator
from helpers.mlp import MLP
from helpers.pad import DrawingPad
from helpers.page import PageButton, save_page
from helpers.page.directions import principal_directions


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> str:
    return save_page(tmp_path_factory.mktemp("page") / "pad.html").read_text()


def test_it_is_one_file_that_asks_for_nothing_and_is_small(page):
    assert "http-equiv" in page and "default-src 'none'" in page
    assert not [mark for mark in ("src=", "@import", "import(", "fetch(") if mark in page]
    generator = page.split('"generator":')[1].split('"examples":')[0]
    assert len(generator) <= 1.2e6
    assert len(page.encode()) - len(generator) <= 1.7e6


def test_no_placeholder_is_left_and_each_script_is_in(page):
    assert "/*STYLE*/" not in page and "import {" not in page and "\nexport " not in page
    for path in (ROOT / "helpers" / "page").glob("*.js"):
        assert page.count(f"// ---- {path.name}\n") == 1


def poisoned(model, value: float):
    with torch.no_grad():
        next(model.parameters()).view(-1)[0] = value
    return model


def forged(model, **attributes):
    for name, value in attributes.items():
        setattr(model, name, value)
    return model


HOSTILE: dict[str, tuple[dict[str, Any], str]] = {
    "another network": ({"cnn": MLP()}, "cnn must be a DigitCNN"),
    "a file's name": ({"cnn": "cnn.safetensors"}, "not str"),
    "nothing much": ({"cnn": 0}, "not int"),
    "NaN": ({"cnn": poisoned(DigitCNN(2), float("nan"))}, "cnn holds NaN"),
    "infinity": ({"generator": poisoned(Generator(4, 2), float("inf"))}, "generator holds NaN"),
    "too large for 16 bits": ({"cnn": poisoned(DigitCNN(2), 1e6)}, "beyond 60,000"),
    "a width that is not its own": ({"cnn": forged(DigitCNN(2), width=3)}, "other layers"),
    "no width": ({"cnn": forged(DigitCNN(2), width="wide")}, "can be built"),
    "another classifier": (
        {"cnn": forged(DigitCNN(2), classifier=torch.nn.Linear(16, 26))},
        "other layers",
    ),
    "larger pictures": ({"cnn": DigitCNN(2, side=30)}, "28 × 28"),
    "coloured ones": ({"generator": Generator(4, 2, channels=3)}, "grey"),
    "too many weights": ({"cnn": DigitCNN(80)}, "2,000,000"),
    "a CNN as MLP": ({"mlp": DigitCNN(2)}, "mlp must be"),
    "an MLP of letters": ({"mlp": MLP((784, 8, 26))}, "784 pixels to 10 digits"),
    "an MLP of other pixels": ({"mlp": MLP((64, 8, 10))}, "784 pixels to 10 digits"),
    "an MLP that is too large": ({"mlp": MLP((784, 3000, 10))}, "2,000,000"),
    "a generator of nothing": ({"generator": Generator(4, 2, classes=0)}, "ten digits"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_network_of_ours_gets_one_sentence_and_leaves_no_file(tmp_path, name):
    networks, said = HOSTILE[name]
    with pytest.raises(LabError) as caught:
        save_page(tmp_path / "pad.html", **networks)
    sentence = str(caught.value)
    assert said in sentence and "\n" not in sentence and sentence.endswith(".")
    assert list(tmp_path.iterdir()) == []


def test_a_normalisation_that_gives_no_number_is_refused(tmp_path):
    model = DigitCNN(2)
    model.state_dict()["features.2.running_var"][0] = -1
    with pytest.raises(LabError, match="NaN"):
        save_page(tmp_path / "pad.html", cnn=model)


@pytest.mark.parametrize("seed", range(6))  # of two signs each, chance would give the right ones
def test_the_directions_are_those_in_which_drawings_change_most(seed):
    turned = np.linalg.qr(np.random.default_rng(seed).normal(size=(5, 5)))[0]
    turned *= np.sign([column[np.abs(column).argmax()] for column in turned.T])

    class Painter(Generator):
        """The upper half changes along one direction, the lower, half as fast, along another."""

        def draw(self, latents, labels, show_progress=False):
            assert set(labels) == {7}
            halves = 128 + latents.numpy() @ turned[:, :2] * (24, 12)
            return np.repeat(halves, 392, 1).reshape(-1, 28, 28).round().clip(0, 255).astype("u1")

    directions = principal_directions(Painter(latent_dim=5, width=2), 7)
    assert np.abs(directions - turned[:, :2].T).max() < 0.1  # pixels are whole numbers


def test_a_full_disk_leaves_what_was_there(tmp_path, fill_the_disk):
    path = tmp_path / "pad.html"
    path.write_text("the one of yesterday")
    fill_the_disk()
    with pytest.raises(LabError, match=r"pad\.html could not be written"):
        save_page(path)
    assert path.read_text() == "the one of yesterday"


def test_the_button_writes_the_networks_that_read_on_the_pad(tmp_path):
    path = tmp_path / "runs" / "my_pad.html"
    cnn = DigitCNN(3)
    mlp = MLP((784, 4, 10))
    pad = DrawingPad({"CNN": DigitCNN(2), "NumPy network": mlp})
    button = PageButton(pad, path)
    pad.use("CNN", cnn)  # what was taught since
    button.save_button.click()
    assert "runs/my_pad.html" in button.status.value and "alert" not in button.status.value
    written = save_page(tmp_path / "same.html", cnn=cnn, mlp=mlp)
    assert path.read_text() == written.read_text()
    pad.use("CNN", poisoned(DigitCNN(2), float("nan")))
    button.save_button.click()
    assert "cnn holds NaN" in button.status.value and path.read_text() == written.read_text()
