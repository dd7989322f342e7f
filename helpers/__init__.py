"""What the notebooks share, a room for each: `data` 01, `cnn` 02, `mlp` 03, `gan` 04, `pad` 05.

Importing this package loads nothing heavy: each module imports torch or matplotlib by itself.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
"""The project's folder: `data/`, `models/` and `runs/` lie in it."""


class LabError(ValueError):
    """Something a user can mend: its message says in one sentence what is wrong and what to do.

    Jupyter shows the sentence alone, without the stack trace.
    """

    def _render_traceback_(self) -> list[str]:
        return [f"{type(self).__name__}: {self}"]
