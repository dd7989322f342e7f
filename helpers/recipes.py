"""The two ways of training DigitCNN, as measured in benchmarks/cnn.md."""

from typing import NamedTuple

from .augment import distort, distort_strongly
from .training import Augmentation


class Recipe(NamedTuple):
    """What `DigitCNN(width)` and `training.fit` are given."""

    width: int
    epochs: int
    full_epochs: int
    augment: Augmentation


RECIPES = {
    "fast": Recipe(width=16, epochs=6, full_epochs=2, augment=distort),
    "long": Recipe(width=32, epochs=43, full_epochs=3, augment=distort_strongly),
}
