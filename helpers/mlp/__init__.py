"""03: the network from NumPy alone."""

from .distort import distort_digits
from .graph import BackpropGraph
from .losses import softmax
from .network import MLP

__all__ = ["MLP", "BackpropGraph", "distort_digits", "softmax"]
