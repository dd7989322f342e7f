"""From strokes to the pixels that MNIST would have shown."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from shapes import RING, SEVEN, centres, ink_box

from helpers import LabError
from helpers.strokes import rasterize, smooth

numbers = some.floats() | some.integers(-700, 700) | some.sampled_from([0.0, 1e308, -1e308, 5e-324])
points = some.tuples(numbers, numbers)
repeated = some.builds(lambda point, times: [point] * times, points, some.integers(1, 9))
pixels = some.integers(0, 640)
on_canvas = some.lists(
    some.lists(some.tuples(pixels, pixels), min_size=1, max_size=9), min_size=1, max_size=3
)


def thoroughly(examples: int) -> settings:
    """The same examples each time, and nothing is timed."""
    calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    return settings(calm, max_examples=examples, derandomize=True, database=None)


@pytest.mark.parametrize("strokes", [RING, SEVEN, [RING[0][:, ::-1]]], ids=["ring", "7", "flat"])
def test_the_ink_fills_the_box_of_mnist_and_its_mass_is_in_the_middle(strokes):
    image = rasterize(strokes)
    assert image.shape == (28, 28) and image.dtype == np.uint8
    assert image.max() == 255
    assert max(ink_box(image)) == 20
    assert np.abs(centres(image[None]) - 14).max() <= 0.51


def test_the_aspect_is_kept():
    height, width = ink_box(rasterize(RING))
    assert height == 20
    assert width == pytest.approx(2.4 + (20 - 2.4) * 160 / 300, abs=1.2)
    assert ink_box(rasterize([np.array([[5, 5], [5, 400.0]])]))[1] <= 4


def test_place_and_size_do_not_matter():
    image = rasterize(SEVEN).astype(int)
    for scale, shift in ((0.1, 0), (1, 250), (5, -1000)):
        moved = rasterize([scale * stroke + shift for stroke in SEVEN])
        assert np.abs(moved - image).max() <= 8


def test_a_narrow_digit_is_centred_and_no_ink_is_cut_off():
    corner = [np.array([[0, 0], [0, 400], [300, 400.0]]), np.array([[0, 0], [10, 400.0]])] * 3
    image = rasterize(corner)
    assert max(ink_box(image)) == 20
    thin = rasterize([np.array([[300, 100], [310, 500.0]])])
    assert np.abs(centres(thin[None]) - 14).max() <= 0.51


def test_a_straight_line_is_centred_by_a_rule_and_not_by_the_last_bit_of_a_sum():
    """Its mass lies between two places: half a pixel up and to the left of the centre."""
    rng = np.random.default_rng(0)
    for line in rng.integers(0, 640, (50, 2, 2)).astype(float):
        image = rasterize([line])
        assert np.abs(centres(image[None]) - 13.5).max() < 0.02


def test_nothing_drawn_is_nothing_seen():
    for nothing in ([], [np.zeros((0, 2))], [[]], [np.array([[np.nan, 1]])]):
        assert rasterize(nothing).sum() == 0


def test_a_tap_is_a_dot():
    image = rasterize([np.array([[17.0, 400]])])
    assert 0 < (image > 0).sum() <= 16 and max(ink_box(image)) <= 4
    assert np.array_equal(image, rasterize([np.array([[17.0, 400]] * 5)]))


@pytest.mark.slow
@thoroughly(3_000)
@given(some.lists(some.lists(points, max_size=9) | repeated, max_size=4))
def test_whatever_is_drawn_gives_an_image(strokes):
    image = rasterize(strokes)
    assert image.shape == (28, 28) and image.dtype == np.uint8
    drawn = any(np.isfinite(point).all() for stroke in strokes for point in stroke)
    assert drawn == bool(image.any())
    assert not drawn or max(ink_box(image)) <= 20


@pytest.mark.slow
@thoroughly(1_500)
@given(on_canvas, some.integers(-900, 1000))
def test_no_size_is_too_large_or_too_small(strokes, power):
    sized = [np.ldexp(stroke, power) for stroke in strokes]
    assert np.array_equal(rasterize(sized), rasterize(strokes))


@thoroughly(600)
@given(some.floats(-700, 700), some.floats(-700, 700), some.integers(1, 9))
def test_a_pen_that_rests_makes_a_dot(x, y, times):
    assert np.array_equal(rasterize([[(x, y)] * times]), rasterize([[(0, 0)]]))


def test_the_largest_numbers_and_the_smallest_are_numbers():
    line = rasterize([[(-1, -1), (1, 1)]])
    assert np.array_equal(rasterize([[(-1e308, -1e308), (1e308, 1e308)]]), line)
    assert np.array_equal(rasterize([[(-1e-320, -1e-320), (1e-320, 1e-320)]]), line)


def test_points_that_are_no_numbers_are_dropped():
    spoilt = [np.insert(SEVEN[0], 2, [[np.nan, 3], [np.inf, 9]], axis=0)]
    assert np.array_equal(rasterize(spoilt), rasterize(SEVEN))


@pytest.mark.parametrize(
    "nonsense",
    [
        *(None, 7, "stroke", {"x": 1}, np.array(3.0), [None], ["ab"], [object()]),
        *([[["x", "y"]]], [[(1, 2), (3,)]], [[[1, 2, 3]]], [[1.0, 2, 3]], [SEVEN[0].T]),
        *([[[10**400, 1]]], [[[[]]]], [[(1j, 2)]]),
    ],
)
def test_what_is_made_of_no_points_is_no_stroke(nonsense):
    assert rasterize(nonsense).sum() == 0
    if isinstance(nonsense, list):
        assert np.array_equal(rasterize(nonsense + SEVEN), rasterize(SEVEN))


@pytest.mark.parametrize("width", [0, 0.4, -1, 10.1, np.nan, np.inf])
def test_a_pen_that_could_not_draw_is_refused(width):
    with pytest.raises(LabError, match=r"ink_width must lie between 0.5 and 10"):
        rasterize(SEVEN, width)
    with pytest.raises(LabError, match="ink_width"):
        rasterize([], width)


@pytest.mark.slow
def test_a_drawing_of_a_million_points_takes_little_memory():
    once = np.column_stack(
        [np.interp(np.linspace(0, 4, 1000), range(5), axis) for axis in SEVEN[0].T]
    )
    there_and_back = np.tile(np.concatenate([once, once[::-1]]), (500, 1))
    scribble = np.random.default_rng(0).uniform(0, 640, (1_000_000, 2))
    tracemalloc.start()
    try:
        images = [rasterize([stroke]).astype(int) for stroke in (there_and_back, scribble)]
        assert tracemalloc.get_traced_memory()[1] < 300e6
    finally:
        tracemalloc.stop()
    assert np.abs(images[0] - rasterize([once])).max() <= 32  # where dabs fall
    assert (images[1][6:22, 6:22] == 255).all()


@pytest.mark.parametrize("rest", [9_998, 9_999, 10_000, 10_001])
def test_a_long_stroke_has_no_gaps(rest):
    line = [(0, 0)] * rest + [(300, 400)] * 10_000
    assert np.abs(rasterize([line]).astype(int) - rasterize([[(0, 0), (300, 400)]])).max() <= 32


def test_smoothing_keeps_the_ends_and_rounds_the_corner():
    corner = np.array([[0, 0], [10, 0], [10, 10.0]])
    curve = smooth(corner)
    assert np.array_equal(curve[[0, -1]], corner[[0, -1]])
    assert np.hypot(*(curve - corner[1]).T).min() > 1
    assert curve.min() >= 0 and curve.max() <= 10
    for short in (corner[:1], corner[:2]):
        assert np.array_equal(smooth(short), short)
