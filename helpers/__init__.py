"""What the notebooks share: data, models, the training loop, the drawing pad and the plots.

Importing this package loads nothing heavy: each module imports torch or matplotlib by itself.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
"""The project's folder: `data/`, `models/` and `runs/` lie in it."""
