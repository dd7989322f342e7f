"""What goes on around the epochs of every training, also of several processes."""

from .checkpoint import fingerprint
from .run import History, Part, TrainingRun, WentWrong, scale_rate

__all__ = ["History", "Part", "TrainingRun", "WentWrong", "fingerprint", "scale_rate"]
