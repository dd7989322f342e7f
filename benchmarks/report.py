"""What the tables in benchmarks/*.md share: the machine's line, their form, and their file."""

import os
import platform
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from helpers.files import write_atomically


def machine() -> str:
    """The processor, its cores, and the versions that a figure depends on, in a line."""
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


def table(heading: Sequence[str], *rows: Sequence[str]) -> list[str]:
    """The lines of a Markdown table."""
    lines = [f"| {' | '.join(cells)} |" for cells in (heading, *rows)]
    return [lines[0], "|---" * len(heading) + "|", *lines[1:]]


def publish(script: str, lines: list[str]) -> None:
    """Write the lines to the Markdown file beside a benchmark's script, and print them."""
    text = "\n".join(lines) + "\n"
    write_atomically(Path(script).with_suffix(".md"), text)
    print(text)
