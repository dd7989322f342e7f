"""The scores of a generator, beside those of torchmetrics on the same features."""

import numpy as np
import pytest
import torch

from helpers import ROOT
from helpers.cnn import DigitCNN
from helpers.gan import (
    Generator,
    extrapolated_distance,
    frechet_at,
    frechet_distance,
    kernel_distance,
    nearest_distances,
)
from helpers.import_torchvision import torchvision  # before torchmetrics imports it


@pytest.fixture(scope="module")
def features(mnist):
    """What the CNN that ships makes of a thousand test digits and of as many drawn ones."""
    judge = DigitCNN.load(ROOT / "models" / "cnn.safetensors")
    generator = Generator.load(ROOT / "models" / "dcgan.safetensors")
    drawn = generator.sample(np.arange(1000) % 10)
    return [judge.embed(images) for images in (mnist.test_images[:1000], drawn)]


class AsTheyAre(torch.nn.Module):
    """What torchmetrics takes for a network: the features are the images."""

    def __init__(self, num_features):
        super().__init__()
        self.num_features = num_features

    def forward(self, features):
        return features


def by_torchmetrics(metric, real, drawn) -> float:
    metric.update(torch.from_numpy(real), real=True)
    metric.update(torch.from_numpy(drawn), real=False)
    found = metric.compute()
    return (found[0] if isinstance(found, tuple) else found).item()


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")
def test_the_frechet_distance_is_that_of_torchmetrics(features):
    from torchmetrics.image.fid import FrechetInceptionDistance

    assert torchvision
    theirs = FrechetInceptionDistance(AsTheyAre(features[0].shape[1])).set_dtype(torch.float64)
    wanted = by_torchmetrics(theirs, *features)
    assert frechet_distance(*features) == pytest.approx(wanted, rel=1e-4) and wanted > 0.1
    assert frechet_distance(*(part[:9] for part in features)) > wanted  # fewer than dimensions


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")
def test_the_kernel_distance_is_that_of_torchmetrics(features):
    from torchmetrics.image.kid import KernelInceptionDistance

    theirs = KernelInceptionDistance(AsTheyAre(features[0].shape[1]), subsets=1, subset_size=1000)
    wanted = by_torchmetrics(theirs, *features)
    assert kernel_distance(*features) == pytest.approx(wanted, rel=1e-3) and wanted > 1e-3


def test_digits_of_one_kind_are_apart_only_because_they_are_few():
    """Extrapolation and KID take away what the plain distance makes of too few digits."""
    chance = np.random.default_rng(1)
    real, drawn, moved = (chance.normal(size=(2000, 30)).astype(np.float32) for _ in range(3))
    moved[:, 0] += 1  # the true distance is 1
    plain = frechet_distance(real, drawn)
    assert plain > 0.1 and abs(extrapolated_distance(real, drawn)) < plain / 4
    assert abs(extrapolated_distance(real, moved) - 1) < (frechet_distance(real, moved) - 1) / 2
    assert abs(kernel_distance(real, drawn)) < kernel_distance(real, moved) / 20
    numbers, distances = frechet_at(real, drawn)
    assert [*numbers] == sorted(numbers) and numbers[-1] == 2000
    assert distances[-1] == pytest.approx(plain) and distances[0] > 2 * plain


def test_a_copy_is_near_and_a_new_one_is_not():
    chance = np.random.default_rng(2)
    known, new = (chance.normal(size=(700, 10)).astype(np.float32) for _ in range(2))
    apart = nearest_distances(np.concatenate([known[:3], new[:600]]), known)
    assert apart.shape == (603,) and apart[:3].max() < 1e-2 < 0.5 < apart[3:].min()
    assert apart[3] == pytest.approx(np.linalg.norm(known - new[0], axis=1).min(), rel=1e-4)
