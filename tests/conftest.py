"""What all tests share: real MNIST, found where the notebooks find it."""

import os

import pytest

# Before torch is imported, here and in the kernels that tests start: where other programs keep the
# cores busy, two threads that wait for each other are ten times slower than one.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from helpers.data import Mnist, load_mnist


@pytest.fixture(scope="session")
def mnist() -> Mnist:
    return load_mnist()
