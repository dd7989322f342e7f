"""The machine that a benchmark ran on, in a line."""

import os
import platform
from pathlib import Path

import numpy as np


def machine() -> str:
    """Its processor and cores, and the versions that a figure depends on."""
    import torch

    return (
        f"{processor()}, {os.cpu_count()} cores; torch {torch.__version__}, "
        f"NumPy {np.__version__}, Python {platform.python_version()}"
    )


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
