"""What all tests share: real MNIST, found where the notebooks find it."""

import pytest

from helpers.data import Mnist, load_mnist


@pytest.fixture(scope="session")
def mnist() -> Mnist:
    return load_mnist()
