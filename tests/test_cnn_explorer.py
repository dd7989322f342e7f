"""The convolution to click through, driven without a browser."""

import re

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from helpers import LabError
from helpers.cnn import ConvolutionExplorer, DigitCNN
from helpers.cnn.explorer_html import number
from helpers.cnn.pixel_map import PixelMap

BIAS = -0.3


@pytest.fixture(params=[1, 3, 5, 7])
def explorer(request, mnist) -> ConvolutionExplorer:
    kernel = np.random.default_rng(0).normal(size=(request.param, request.param))
    return ConvolutionExplorer(mnist.train_images[0], kernel, BIAS)


def send(pixel_map: PixelMap, event: str, **content) -> None:
    pixel_map.canvas._handle_frontend_event(None, {"event": event, **content}, [])


def point(pixel_map: PixelMap, row: float, column: float) -> dict[str, float]:
    """The middle of a pixel on the canvas."""
    side = pixel_map.canvas.width / int(
        re.search(r"(\d+)<", pixel_map.captioned.children[0].value)[1]
    )
    return {"x": (column + 0.5) * side, "y": (row + 0.5) * side}


def click(pixel_map: PixelMap, row: float, column: float) -> None:
    send(pixel_map, "mouse_down", **point(pixel_map, row, column))
    send(pixel_map, "mouse_up", **point(pixel_map, row, column))


def shown(explorer: ConvolutionExplorer, name: str) -> np.ndarray:
    """The numbers of a table."""
    table = re.search(rf'<table class="cx-{name}[ "].*?</table>', explorer.steps.value)[0]
    values = [float(text.replace("−", "-")) for text in re.findall(r">([−\d.]+)</td>", table)]
    return np.array(values).reshape(table.count("<tr>"), -1)


def test_what_is_shown_is_what_torch_computes(explorer, mnist):
    pixels = torch.from_numpy(mnist.train_images[:1, None] / 255)
    kernel = torch.from_numpy(explorer.kernel)[None, None]
    response = F.conv2d(pixels, kernel, torch.tensor([BIAS]).double())
    pooled = F.max_pool2d(F.relu(response), 2)[0, 0].numpy()
    response = response[0, 0].numpy()
    assert np.allclose(explorer.response, response) and np.allclose(explorer.pooled, pooled)
    last, k = len(response) - 1, len(explorer.kernel)
    for row, column in [(0, 0), (0, last), (last, 0), (last, last), (9, 12), (14, 7)]:
        explorer.move_to(row, column)
        window = pixels[0, 0, row : row + k, column : column + k].numpy()
        here, best = response[row, column], pooled[row // 2, column // 2]
        for name, values in (
            ("window", window),
            ("kernel", explorer.kernel),
            ("products", window * explorer.kernel),
            ("sum", here - BIAS),
            ("bias", BIAS),
            ("response", here),
            ("relu", max(here, 0)),
            ("maximum", best),
        ):
            assert np.allclose(shown(explorer, name), values, atol=0.00501), name
        block = shown(explorer, "block")
        assert block.max() == shown(explorer, "maximum")
        assert block[row % 2, column % 2] == shown(explorer, "relu")
        assert f"response[{row}, {column}] = {number(here)}" in explorer.steps.value


def test_it_begins_at_the_strongest_response(explorer):
    assert explorer.response[explorer.place] == explorer.response.max()


def test_the_window_follows_a_click_and_stays_within_the_image(explorer):
    n, half = len(explorer.response), len(explorer.kernel) // 2
    click(explorer.input_map, 14, 12)
    assert explorer.place == (14 - half, 12 - half)
    click(explorer.input_map, 0, 27)
    assert explorer.place == (0, n - 1)
    click(explorer.response_map, 5, 6)
    assert explorer.place == (5, 6)
    click(explorer.pooled_map, 5, 4)
    row, column = explorer.place
    assert (row // 2, column // 2) == (5, 4)
    assert explorer.response[row, column] == explorer.response[10:12, 8:10].max()


def test_it_follows_a_pressed_mouse_and_a_finger_alone(explorer):
    explorer.move_to(3, 3)
    drawn = explorer.response_map
    send(drawn, "mouse_move", **point(drawn, 8, 9))
    assert explorer.place == (3, 3)
    send(drawn, "touch_start", touches=[point(drawn, 5, 5)])
    send(drawn, "touch_move", touches=[point(drawn, 8, 9), point(drawn, 0, 0)])
    assert explorer.place == (8, 9)
    for far in (-1e9, float("nan"), float("inf")):
        send(drawn, "touch_move", touches=[{"x": far, "y": far}])
    send(drawn, "touch_end", touches=[])
    send(drawn, "touch_move", touches=[point(drawn, 5, 5)])
    assert explorer.place == (8, 9) and explorer.status.value.count("problem") == 0


def test_keys_and_buttons_move_it_by_a_pixel_and_stop_at_the_edge(explorer):
    last = len(explorer.response) - 1
    explorer.move_to(1, 0)
    for key, place in (("Up", (0, 0)), ("Up", (0, 0)), ("Right", (0, 1)), ("x", (0, 1))):
        send(explorer.input_map, "key_down", key=f"Arrow{key}", **MODIFIERS)
        assert explorer.place == place
    explorer.move_to(last, last - 1)
    for name, place in (
        ("right", (last, last)),
        ("down", (last, last)),
        ("left", (last, last - 1)),
    ):
        button = next(b for b in explorer.buttons if b.tooltip.endswith(name))
        button.click()
        assert explorer.place == place


MODIFIERS = {"shift_key": False, "ctrl_key": False, "meta_key": False}


def test_colours_leave_every_number_readable(mnist):
    kernel = np.linspace(-1, 1, 49).reshape(7, 7)
    explorer = ConvolutionExplorer(mnist.train_images[0], kernel)
    contrasts = []
    for row in range(22):
        explorer.move_to(row, 10)
        for color, ink in re.findall(r"rgb\((.*?)\);color:#(\w+)", explorer.steps.value):
            channels = np.array(color.split(","), float) / 255
            linear = np.where(
                channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4
            )
            luminance = linear @ [0.2126, 0.7152, 0.0722] + 0.05
            contrasts.append(1.05 / luminance if ink == "fff" else luminance / 0.05)
    assert len(contrasts) > 1000 and min(contrasts) >= 4.5


def test_it_takes_learnt_weights_and_lists(mnist):
    weights = DigitCNN().state_dict(keep_vars=True)["features.0.weight"][0, 0]
    assert weights.requires_grad
    assert ConvolutionExplorer(mnist.train_images[0], weights).response.shape == (24, 24)
    zero = ConvolutionExplorer(np.zeros((28, 28), np.uint8), [[0]])
    assert not zero.response.any() and "nan" not in zero.steps.value


@pytest.mark.parametrize(
    ("image", "kernel", "bias", "said"),
    [
        (np.zeros((28, 28)), np.ones((3, 3)), 0, "must be uint8"),
        (np.zeros((1, 28, 28), np.uint8), np.ones((3, 3)), 0, "must be uint8"),
        ("a digit", np.ones((3, 3)), 0, "must be uint8"),
        (None, np.ones((2, 2)), 0, "k = 1, 3, 5 or 7"),
        (None, np.ones((3, 5)), 0, "k = 1, 3, 5 or 7"),
        (None, np.ones(9), 0, "k = 1, 3, 5 or 7"),
        (None, [["a"]], 0, "array of numbers"),
        (None, [[1, 2], [3]], 0, "array of numbers"),
        (None, np.ones((3, 3)), "none", "array of numbers"),
        (None, np.ones((3, 3)), np.nan, "finite"),
        (None, np.full((3, 3), np.inf), 0, "finite"),
    ],
)
def test_other_images_and_kernels_get_one_sentence(image, kernel, bias, said):
    image = np.zeros((28, 28), np.uint8) if image is None else image
    with pytest.raises(LabError, match=said) as error:
        ConvolutionExplorer(image, kernel, bias)
    assert "\n" not in str(error.value) and str(error.value).endswith(".")
