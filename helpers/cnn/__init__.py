"""02, 06: networks that read digits, how they are trained, where they look and what they cost."""

from .costs import count, for_digits
from .distort import distort, distort_more
from .explorer import ConvolutionExplorer
from .network import DigitCNN, normalise
from .race import FAMILY, best_rates, side_by_side, train_for
from .recipes import RECIPES, Recipe, mirror, mirror_and_shift
from .saliency import saliency
from .studies import records_of
from .teaching import teach
from .training import fit
from .trial import DEFAULTS, SPACE, train_with
from .tuning import tune

__all__ = [
    "DEFAULTS",
    "FAMILY",
    "RECIPES",
    "SPACE",
    "ConvolutionExplorer",
    "DigitCNN",
    "Recipe",
    "best_rates",
    "count",
    "distort",
    "distort_more",
    "fit",
    "for_digits",
    "mirror",
    "mirror_and_shift",
    "normalise",
    "records_of",
    "saliency",
    "side_by_side",
    "teach",
    "train_for",
    "train_with",
    "tune",
]
