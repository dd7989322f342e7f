"""What goes on around the epochs of every training, also of several processes."""

from .checkpoint import fingerprint
from .run import History, Part, TrainingRun, WentWrong, scale_rate
from .threads import one_thread

__all__ = [
    "History",
    "Part",
    "TrainingRun",
    "WentWrong",
    "fingerprint",
    "one_thread",
    "scale_rate",
]
