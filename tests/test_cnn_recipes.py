"""What is done to other pictures before DigitCNN learns them."""

import numpy as np
import pytest
import torch

from helpers.cnn import (
    RECIPES,
    DigitCNN,
    fit,
    mirror,
    mirror_and_shift,
    predict_with_mirror,
)

PICTURES = {
    "fashion": torch.arange(6 * 28 * 28).view(6, 28, 28) % 251,
    "cifar10": torch.arange(6 * 32 * 32 * 3).view(6, 32, 32, 3) % 251,
}


@pytest.mark.parametrize("name", PICTURES)
def test_about_half_are_seen_in_a_mirror(name):
    torch.manual_seed(0)
    images = PICTURES[name].to(torch.uint8)[:1].expand(400, *PICTURES[name].shape[1:])
    seen = mirror(images)
    assert seen.dtype == torch.uint8
    same = [torch.equal(a, b) for a, b in zip(seen, images, strict=True)]
    turned = [torch.equal(a, b.flip(1)) for a, b in zip(seen, images, strict=True)]
    assert 150 < sum(same) < 250 and sum(same) + sum(turned) == 400


@pytest.mark.parametrize("name", PICTURES)
def test_a_move_is_of_at_most_two_pixels_and_repeats_the_edge(name):
    torch.manual_seed(0)
    images = PICTURES[name].to(torch.uint8)[:1].expand(300, *PICTURES[name].shape[1:])
    padded = np.pad(images[0].numpy(), [(2, 2), (2, 2), (0, 0)][: images.ndim - 1], "edge")
    side = images.shape[1]
    possible = {
        window[:, ::turn].tobytes()
        for window in (
            padded[down : down + side, right : right + side]
            for down in range(5)
            for right in range(5)
        )
        for turn in (1, -1)
    }
    seen = {image.numpy().tobytes() for image in mirror_and_shift(images)}
    assert seen <= possible and len(seen) > 40  # of fifty
    still = mirror_and_shift(images, 0)
    assert all(torch.equal(a, images[0]) or torch.equal(a, images[0].flip(1)) for a in still)


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_is_what_network_and_fit_take(name):
    recipe = RECIPES[name]
    model = DigitCNN(**recipe.network)
    images = np.zeros((20, *model.image_shape), np.uint8)
    fit(model, images, np.arange(20) % 10, **recipe.training | {"epochs": 1}, show_progress=False)
    assert model.predict_proba(images).shape == (20, 10)


def test_with_its_mirror_an_image_and_its_mirror_image_are_read_alike():
    torch.manual_seed(0)
    model = DigitCNN(4).eval()
    images = np.random.default_rng(0).integers(0, 256, (5, 28, 28), np.uint8)
    both = predict_with_mirror(model, images)
    np.testing.assert_allclose(both, predict_with_mirror(model, images[:, :, ::-1]), atol=1e-6)
    turned = model.predict_proba(images[:, :, ::-1])
    np.testing.assert_allclose(2 * both, model.predict_proba(images) + turned, atol=1e-6)
    assert np.abs(both - turned).max() > 1e-6
