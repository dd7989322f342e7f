"""03: the network from NumPy alone."""

from .distort import distort_digits
from .losses import softmax
from .network import MLP

__all__ = ["MLP", "distort_digits", "softmax"]
