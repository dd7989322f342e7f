"""What a test needs of the machine."""

import os
from typing import NoReturn

import pytest


def miss(program: str) -> NoReturn:
    """Skip the tests that need a program which is not installed; where CI is set, fail them."""
    reason = f"no {program} is installed"
    pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
