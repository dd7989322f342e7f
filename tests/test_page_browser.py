"""The page in a real browser, opened from its file: it reads what Python reads."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from firefox_page import firefox_page
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
from helpers.cnn import DigitCNN, fit, normalise
from helpers.cnn.network import MEAN, STD
from helpers.data import put_on_canvas
from helpers.gan import Generator
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


def test_in_firefox_they_are_too(shipped, drawings, cnn, mlp):
    with firefox_page(shipped) as page:
        compare(page, drawings[::5], cnn, mlp)


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


def test_a_key_does_no_more_than_a_button_that_is_to_be_seen(browser, shipped):
    count = "digitLab.pad.strokes.length"
    with opened_page(browser, shipped) as page:
        draw(page, SEVEN)
        page.click("#tab-play")
        page.keyboard.press("7")
        page.click(".start")
        page.keyboard.press("e")  # the page does not write for who plays
        assert page.evaluate(count) == 0
        draw(page, SEVEN)
        page.keyboard.press("u")
        assert page.evaluate(count) == 0
        page.click("#tab-read")
        assert page.locator(".tray button").count() == 0


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
        page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        last, tabs = (page.locator(name).bounding_box() for name in ("footer", ".tabs"))
        assert width > 560 or last["y"] + last["height"] <= tabs["y"]  # which lie at the bottom


def test_where_it_looked_is_the_gradient_of_pytorch(browser, shipped, cnn, handwriting):
    rng = np.random.default_rng(1)
    chosen = handwriting[:: len(handwriting) // 40]
    images = np.stack([rasterize(put_on_canvas(digit.strokes, SIDE, PEN, rng)) for digit in chosen])
    model = in_half_precision(cnn).double()
    pixels = torch.from_numpy(images).double().requires_grad_()
    planes = (pixels[:, None] / 255 - MEAN) / STD
    logits = model.classifier(model.features(planes))
    wanted = torch.autograd.grad(logits.max(1).values.sum(), pixels)[0].numpy()
    digits = logits.argmax(1).tolist()
    with opened_page(browser, shipped) as page:
        slope = "([pixels, digit]) => digitLab.gradient(pixels, digit)"
        asked = [[image.ravel().tolist(), d] for image, d in zip(images, digits, strict=True)]
        found = np.reshape(in_the_page(page, slope, asked), images.shape)
    assert np.abs(found - wanted).max() < 1e-6 * np.abs(wanted).max() + 1e-9


def test_the_heat_is_where_the_ink_is_and_can_be_taken_off(browser, shipped):
    coloured = """() => {
      const canvas = document.querySelector('.seen canvas');
      const { data } = canvas.getContext('2d').getImageData(0, 0, 28, 28);
      return data.reduce((n, red, i) => n + (i % 4 === 0 && red !== data[i + 2]), 0);
    }"""
    with opened_page(browser, shipped) as page:
        draw(page, SEVEN)
        assert page.evaluate(coloured) == 0
        page.keyboard.press("l")
        assert page.evaluate(coloured) > 50
        assert page.get_attribute("#look", "aria-pressed") == "true"
        page.click("#look")
        assert page.evaluate(coloured) == 0


def test_the_layers_are_those_of_pytorch(browser, shipped, cnn):
    image = rasterize(SEVEN)
    model = in_half_precision(cnn)
    values, wanted = normalise(torch.from_numpy(image[None])), []
    with torch.no_grad():
        for module in model.features[:-1]:
            values = module(values)
            if isinstance(module, torch.nn.ReLU):
                wanted.append(values[0].permute(1, 2, 0).numpy())
    with opened_page(browser, shipped) as page:
        (found,) = in_the_page(page, "pixels => digitLab.layers(pixels)", [image.ravel().tolist()])
    for layer, values in zip(found, wanted, strict=True):
        assert np.abs(np.reshape(layer, values.shape) - values).max() < 1e-4


def test_a_click_on_a_map_shows_the_sum_behind_a_number(browser, shipped):
    with opened_page(browser, shipped) as page:
        draw(page, SEVEN)
        page.click("#tab-inside")
        maps = page.locator(".layers canvas")
        assert maps.count() == 4
        for n in range(4):
            box = maps.nth(n).bounding_box()
            maps.nth(n).click(position={"x": box["width"] * 0.31, "y": box["height"] * 0.4})
            title = page.inner_text(".number h3")
            assert title.startswith(f"Layer {n + 1}, map")
            value = float(page.get_attribute(".number", "data-value"))
            said = page.inner_text(".sums > p:last-child").replace("\N{MINUS SIGN}", "-")
            shown = float(re.findall(r"-?\d+\.\d\d", said)[-1])
            assert shown == pytest.approx(value, abs=0.006)
            sums = page.locator(".lines b:last-child").all_inner_texts()
            parts = [float(s.strip("→ ").replace("\N{MINUS SIGN}", "-")) for s in sums]
            total = re.search(r"sum is (-?\d+\.\d\d)", said)[1]
            assert sum(parts) == pytest.approx(float(total), abs=0.005 * (len(parts) + 1))
        before = page.inner_text(".number h3")
        maps.nth(3).press("ArrowLeft")
        maps.nth(3).press("ArrowUp")
        now = page.inner_text(".number h3")
        assert now != before and page.inner_text("#said").startswith(f"{now}: ")


def test_the_layers_follow_the_pen(browser, shipped):
    with opened_page(browser, shipped) as page:
        page.click("#tab-inside")
        picture = "document.querySelector('.layers canvas').toDataURL()"
        empty = page.evaluate(picture)
        draw(page, SEVEN)
        assert page.evaluate(picture) != empty


def test_the_generator_writes_what_python_s_writes(browser, shipped):
    model = Generator.load(ROOT / "models" / "dcgan.safetensors")
    labels = np.arange(200) % 10
    chance = torch.Generator().manual_seed(3)
    latents = 0.9 * torch.randn(len(labels), model.latent_dim, generator=chance)
    images = model.sample(labels, seed=3, truncation=0.9)
    asked = [[z, d] for z, d in zip(latents.tolist(), labels.tolist(), strict=True)]
    with opened_page(browser, shipped) as page:
        drawn = in_the_page(page, "([latents, digit]) => digitLab.draw(latents, digit)", asked)
    found = np.reshape(drawn, images.shape)
    assert np.abs(found - images.astype(int)).max() <= 1


def test_the_latent_plane_is_dragged_and_slid_through(browser, shipped):
    written = "document.querySelector('.written').toDataURL()"
    with opened_page(browser, shipped) as page:
        page.click("#tab-write")
        seen = {page.evaluate(written)}
        box = page.locator(".plane").bounding_box()
        page.mouse.move(box["x"] + 40, box["y"] + 50)
        page.mouse.down()
        page.mouse.move(box["x"] + 300, box["y"] + 60)
        page.mouse.up()
        seen.add(page.evaluate(written))
        page.focus(".sliders input")
        page.keyboard.press("End")
        seen.add(page.evaluate(written))
        page.click("#writing .digits button:has-text('8')")
        seen.add(page.evaluate(written))
        assert "CNN reads 8" in page.inner_text("#writing .said")
        page.click(".hand")
        seen.add(page.evaluate(written))
        assert len(seen) == 5
        page.wait_for_selector(".map canvas:nth-child(49)")


def test_a_palm_beside_the_pen_neither_draws_nor_ends_its_stroke(browser, shipped):
    palm = """() => document.querySelector('#pad').dispatchEvent(new PointerEvent('pointerdown',
        { pointerId: 9, pointerType: 'touch', isPrimary: true, clientX: 300, clientY: 300 }))"""
    with opened_page(browser, shipped) as page:
        box = page.locator("#pad").bounding_box()
        page.mouse.move(box["x"] + 40, box["y"] + 40)
        page.mouse.down()
        page.mouse.move(box["x"] + 60, box["y"] + 60)
        page.evaluate(palm)
        page.mouse.move(box["x"] + 80, box["y"] + 80)
        page.mouse.up()
        (stroke,) = page.evaluate("digitLab.pad.strokes")
        assert len(stroke) == 3


def test_the_game_asks_for_ten_digits_and_shows_what_was_misread(browser, shipped):
    with opened_page(browser, shipped) as page:
        page.click("#tab-play")
        page.click(".start")
        for number in range(10):
            page.wait_for_selector(f".done:not(:has(li:nth-child({number + 1})))")
            page.wait_for_selector(".field.empty")
            wanted = page.inner_text(".wanted")
            assert page.inner_text(".task") in (f"Draw a {wanted}", f"Draw an {wanted}")
            draw(page, SEVEN)
            page.wait_for_selector(".field.empty")
        page.wait_for_selector('[data-stage="over"]')
        assert page.inner_text(".score") == "1 of 10"
        assert "1 by the NumPy network" in page.inner_text(".summary")
        assert page.locator(".missed figure").count() == 9
        assert "CNN: 7" in page.inner_text(".missed")
        page.click("#tab-read")
        page.click("#tab-play")  # what it gave is still there
        page.click(".keep")
        page.click("#tab-read")
        assert page.locator(".tray button").count() == 10


def test_drawings_are_kept_saved_and_loaded(browser, shipped, tmp_path):
    with opened_page(browser, shipped) as page:
        draw(page, SEVEN)
        strokes = page.evaluate("digitLab.pad.strokes")
        page.keyboard.press("7")
        assert page.is_visible(".field.empty")
        draw(page, RING)
        page.click(".kept .digits button:has-text('0')")
        with page.expect_download() as download:
            page.click(".save")
        path = tmp_path / "drawings.json"
        download.value.save_as(path)
    found = json.loads(path.read_text())["drawings"]
    assert [drawing["label"] for drawing in found] == [7, 0]
    assert found[0]["strokes"] == strokes
    with opened_page(browser, shipped) as page:
        page.set_input_files(".kept input", path)
        page.wait_for_selector(".count:has-text('2 drawings kept')")
        page.focus(".tray button:nth-child(1)")
        page.keyboard.press("Enter")
        assert page.evaluate("digitLab.pad.strokes") == strokes
        assert page.evaluate("document.activeElement.ariaPressed") == "true"
        page.click(".remove")
        assert page.locator(".tray button").count() == 1
        assert page.evaluate("document.activeElement.className") == "load"


def test_other_files_are_refused_in_a_sentence(browser, shipped, tmp_path):
    def saved(*drawings: object, **head: object) -> str:
        return json.dumps(
            {"format": "digit-lab-drawings", "version": 1, "drawings": drawings} | head
        )

    def drawn(*stroke: object, label: object = 1) -> dict:
        return {"label": label, "strokes": [stroke]}

    hostile = [
        ("not JSON", "no JSON"),
        (" " * 16_000_001, "too large"),
        *((text, "no drawings") for text in ("null", "[]", "7", '{"strokes": []}')),
        (saved(format="another"), "no drawings"),
        (saved(version=2), "no drawings"),
        (saved(*[drawn([1, 2])] * 1001), "more than 1000"),
        *((saved(one), "damaged") for one in (None, [], drawn(), {"label": 1, "strokes": []})),
        *((saved(drawn([1, 2], label=label)), "damaged") for label in (11, "1", None)),
        *((saved(drawn([1, at])), "damaged") for at in ("<b>", "2", None, True, [2], 1e300)),
        (saved(drawn([1, 2]), drawn([1])), "damaged"),
    ]
    with opened_page(browser, shipped) as page:
        for number, (text, said) in enumerate(hostile):
            bad = tmp_path / f"{number}.json"
            bad.write_text(text)
            page.evaluate("document.querySelector('.count').textContent = ''")
            page.set_input_files(".kept input", bad)
            page.wait_for_selector(".count:not(:empty)")
            assert said in page.inner_text(".count"), text[:100]
        assert page.locator(".tray button").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("tab", ["inside", "write", "play"])
def test_each_mode_fits_and_axe_finds_nothing(browser, shipped, scheme, tab):
    for screen in (SHORT | {"width": 300}, WIDE):
        with opened_page(browser, shipped, viewport=screen, color_scheme=scheme) as page:
            page.click(f"#tab-{tab}")
            if tab == "play":
                page.click(".start")
            draw_anyway = "digitLab.pad.replay([[[100, 100], [500, 100], [300, 500]]])"
            page.evaluate(draw_anyway)
            assert page.evaluate("document.documentElement.scrollWidth") <= screen["width"]
            assert violations(page, "body") == []


def test_tabs_go_by_arrow_keys(browser, shipped):
    with opened_page(browser, shipped) as page:
        page.focus("#tab-read")
        page.keyboard.press("ArrowRight")
        assert page.is_visible("#inside") and not page.is_visible("#reading")
        page.keyboard.press("End")
        assert page.is_visible("#game")
        page.keyboard.press("ArrowRight")
        assert page.is_visible("#reading")
