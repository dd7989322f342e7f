"""The page in a real browser, opened from its file: it reads what Python reads."""

from pathlib import Path

import numpy as np
import pytest
from lab_page import violations
from page_file import (
    SHORT,
    WIDE,
    as_lists,
    in_half_precision,
    in_the_page,
    mlp_in_half_precision,
    opened_page,
)
from shapes import ONE, RING, SEVEN

from helpers import ROOT
from helpers.cnn import DigitCNN, fit
from helpers.data import put_on_canvas
from helpers.mlp import MLP
from helpers.pad import PEN, SIDE, rasterize
from helpers.page import save_page

pytestmark = pytest.mark.slow

READ = "strokes => { const image = digitLab.rasterize(strokes);"
READ += " return [Array.from(image), digitLab.read(image)]; }"


@pytest.fixture(scope="module")
def cnn() -> DigitCNN:
    return DigitCNN.load(ROOT / "models" / "cnn.safetensors")


@pytest.fixture(scope="module")
def mlp() -> MLP:
    return MLP.load(ROOT / "models" / "mlp.json")


@pytest.fixture(scope="module")
def shipped(tmp_path_factory) -> Path:
    return save_page(tmp_path_factory.mktemp("page") / "pad.html")


@pytest.fixture(scope="module")
def drawings(handwriting) -> list[list[np.ndarray]]:
    rng = np.random.default_rng(0)
    return [put_on_canvas(digit.strokes, SIDE, PEN, rng) for digit in handwriting]


def compare(page, drawings, cnn, mlp) -> None:
    """The page reads drawings as Python does with weights of 16 bits, and gives no other answer
    than with those of 32.
    """
    answers = in_the_page(page, READ, [as_lists(strokes) for strokes in drawings])
    images = np.stack([rasterize(strokes) for strokes in drawings])
    seen = np.array([image for image, _ in answers], np.uint8).reshape(-1, 28, 28)
    assert np.array_equal(seen, images)
    for name, model, rounded in (
        ("cnn", cnn, in_half_precision(cnn)),
        ("mlp", mlp, mlp_in_half_precision(mlp)),
    ):
        read = np.array([probabilities[name] for _, probabilities in answers])
        assert np.abs(read - rounded.predict_proba(images)).max() < 1e-5
        assert np.array_equal(read.argmax(1), model.predict_proba(images).argmax(1))


def test_strangers_digits_are_seen_and_read_as_in_python(browser, shipped, drawings, cnn, mlp):
    assert len(drawings) >= 1000
    with opened_page(browser, shipped) as page:
        compare(page, drawings, cnn, mlp)


def test_drawings_at_the_edge_are_seen_as_in_python(browser, shipped):
    rng = np.random.default_rng(0)
    flat = [stroke[:, ::-1] for stroke in ONE]
    taps = [np.full((1, 2), 320.0)]
    far = [1e300 * stroke for stroke in SEVEN]
    tiny = [1e-300 * stroke for stroke in SEVEN]
    twice = [np.repeat(SEVEN[0], 3, axis=0)]
    scribble = [rng.uniform(0, SIDE, (25_000, 2))]
    odd = [[], ONE, flat, taps, taps * 2, RING, SEVEN, far, tiny, twice, scribble]
    odd += [[rng.integers(0, SIDE, (n, 2)).astype(float)] for n in (1, 2, 3, 4, 50)]
    with opened_page(browser, shipped) as page:
        rasters = "strokes => Array.from(digitLab.rasterize(strokes))"
        seen = in_the_page(page, rasters, [as_lists(strokes) for strokes in odd])
    for strokes, image in zip(odd, seen, strict=True):
        assert np.array_equal(np.reshape(image, (28, 28)), rasterize(strokes))


@pytest.mark.parametrize(("width", "padding"), [(5, 0), (12, 1)])
def test_networks_that_a_reader_has_just_trained_read_in_the_page(
    browser, tmp_path, mnist, width, padding
):
    images, labels = mnist.train_images[:2000], mnist.train_labels[:2000]
    cnn, mlp = DigitCNN(width, padding), MLP((784, 30, 20, 10))
    fit(cnn, images, labels, epochs=1, show_progress=False)
    mlp.fit(images, labels, epochs=2, show_progress=False)
    cnn.train()  # as a training leaves it
    path = save_page(tmp_path / "my pad.html", cnn=cnn, mlp=mlp)
    rng = np.random.default_rng(0)
    drawings = [put_on_canvas(strokes, SIDE, PEN, rng) for strokes in [RING, SEVEN, ONE] * 5]
    with opened_page(browser, path) as page:
        pixels = [image.ravel().tolist() for image in mnist.test_images[:100]]
        read = in_the_page(page, "pixels => digitLab.read(pixels)", pixels)
        compare(page, drawings, cnn, mlp)
    for name, model in (("cnn", in_half_precision(cnn)), ("mlp", mlp_in_half_precision(mlp))):
        found = np.array([probabilities[name] for probabilities in read])
        wanted = model.predict_proba(mnist.test_images[:100])
        assert np.abs(found - wanted).max() < 1e-5


def draw(page, strokes: list[np.ndarray]) -> None:
    """Draw strokes of canvas pixels with the mouse."""
    box = page.locator("#pad").bounding_box()
    for stroke in strokes:
        places = np.array([box["x"], box["y"]]) + stroke / SIDE * [box["width"], box["height"]]
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place)
        page.mouse.up()


def touch(page, strokes: list[np.ndarray]) -> None:
    """The same with a finger."""
    box = page.locator("#pad").bounding_box()
    session = page.context.new_cdp_session(page)
    for stroke in strokes:
        for i, (x, y) in enumerate(stroke / SIDE):
            point = {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]}
            kind = "touchMove" if i else "touchStart"
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def reading(page) -> dict[str, str]:
    return page.eval_on_selector("#reading", "element => ({...element.dataset})")


@pytest.mark.parametrize("hand", [draw, touch])
@pytest.mark.parametrize("screen", [WIDE, SHORT], ids=["wide", "phone"])
def test_a_digit_is_drawn_and_read(browser, shipped, cnn, hand, screen):
    with opened_page(browser, shipped, viewport=screen, has_touch=True) as page:
        hand(page, SEVEN)
        shown = reading(page)
        strokes = [np.array(stroke) for stroke in page.evaluate("digitLab.pad.strokes")]
        assert len(strokes) == 1 and np.abs(strokes[0][0] - SEVEN[0][0]).max() < 3
        assert shown["digit"] == str(cnn.predict_proba(rasterize(strokes)[None]).argmax()) == "7"
        assert shown["settled"] == "true" and page.evaluate("scrollY") == 0
        assert page.inner_text('[data-reader="cnn"] .digit') == "7"
        assert "CNN reads 7" in page.inner_text("#said")


def test_buttons_and_keys_take_back_clear_and_write(browser, shipped):
    with opened_page(browser, shipped) as page:
        count = "digitLab.pad.strokes.length"
        draw(page, [*SEVEN, *RING])
        page.keyboard.press("u")
        assert page.evaluate(count) == 1 and reading(page)["digit"] == "7"
        page.click("#undo")
        assert page.evaluate(count) == 0 and reading(page)["digit"] == ""
        page.keyboard.press("e")
        assert page.evaluate(count) > 0 and reading(page)["digit"] != ""
        draw(page, SEVEN)  # who draws does not draw into what the page wrote
        assert page.evaluate(count) == 1
        page.keyboard.press("Control+c")
        assert page.evaluate(count) == 1
        page.keyboard.press("c")
        assert page.evaluate(count) == 0 and page.is_visible(".field.empty")


def test_the_page_writes_by_itself_until_somebody_draws(browser, shipped):
    with opened_page(browser, shipped, reduced_motion="no-preference") as page:
        page.wait_for_selector('#reading:not([data-digit=""])')
        draw(page, SEVEN)
        page.wait_for_timeout(300)
        assert page.evaluate("digitLab.pad.strokes.length") == 1
        assert reading(page)["digit"] == "7"


def test_a_thicker_pen_gives_thicker_ink(browser, shipped):
    with opened_page(browser, shipped) as page:
        draw(page, SEVEN)
        ink = "digitLab.pad.image.reduce((sum, pixel) => sum + pixel)"
        medium = page.evaluate(ink)
        page.click("label[title=Thick]")
        assert page.evaluate(ink) > 1.2 * medium


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [300, 360, 1440])
def test_it_fits_and_axe_finds_nothing(browser, shipped, scheme, width):
    screen = {"width": width, "height": 740}
    with opened_page(browser, shipped, viewport=screen, color_scheme=scheme) as page:
        draw(page, SEVEN)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert violations(page, "body") == []
