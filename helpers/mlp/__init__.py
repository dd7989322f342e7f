"""03: the network from NumPy alone."""

from .distort import distort_digits
from .network import MLP, softmax

__all__ = ["MLP", "distort_digits", "softmax"]
