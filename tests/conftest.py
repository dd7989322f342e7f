"""What tests share: one thread, digits found where the notebooks find them, and a full disk."""

import errno
import os
from collections.abc import Callable, Iterator

import matplotlib.pyplot as plt
import pytest
from lab_page import find_browser, open_browser
from needed import miss

# Before torch is imported, here and in the kernels that tests start: where other programs keep the
# cores busy, two threads that wait for each other are ten times slower than one.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from helpers import LabError
from helpers.data import Handwriting, Mnist, load_handwriting, load_mnist


def pytest_terminal_summary(terminalreporter, config) -> None:
    """Say how to see a test fail again, where it fails in one order alone."""
    if terminalreporter.stats.keys() & {"failed", "error"}:
        seed = config.getoption("randomly_seed", None)
        terminalreporter.write_line(f"The same order again: --randomly-seed={seed}")


@pytest.fixture(autouse=True)
def no_figure_left_open() -> Iterator[None]:
    """Each test begins without figures, whatever was drawn in the tests before it."""
    plt.close("all")
    yield
    plt.close("all")


@pytest.fixture(scope="session")
def mnist() -> Mnist:
    return load_mnist()


@pytest.fixture(scope="session")
def handwriting() -> list[Handwriting]:
    """Strangers' digits; without them, the tests that need them are skipped."""
    try:
        return load_handwriting()
    except LabError as error:
        pytest.skip(str(error))


@pytest.fixture
def fill_the_disk(monkeypatch) -> Callable:
    """A function: call it, and after `room` more files the disk is full."""

    def fill(room: int = 0) -> None:
        left = iter(range(room))

        def full(_: int) -> None:
            if next(left, None) is None:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(os, "fsync", full)

    return fill


@pytest.fixture(scope="module")
def browser() -> Iterator:
    """Chromium from the machine; without one the tests are skipped, but never where CI is set."""
    executable = find_browser()
    if not executable:
        miss("Chromium")
    with open_browser(executable) as chromium:
        yield chromium
