"""02: the convolutional network that reads digits, how it is trained and where it looks."""

from .distort import distort, distort_more
from .explorer import ConvolutionExplorer
from .network import DigitCNN, normalise
from .saliency import saliency
from .teaching import teach
from .training import fit

__all__ = [
    "ConvolutionExplorer",
    "DigitCNN",
    "distort",
    "distort_more",
    "fit",
    "normalise",
    "saliency",
    "teach",
]
