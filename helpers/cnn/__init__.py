"""02, 06: networks that read digits, how they are trained, where they look and what they cost."""

from .architectures import Network, ResidualBlock, lenet5_1998, lenet5_modern, separable, vgg
from .costs import count, for_digits
from .distort import distort, distort_more
from .explorer import ConvolutionExplorer
from .network import DigitCNN, normalise
from .race import FAMILY, best_rates, side_by_side, train_for
from .recipes import DIGITS, RECIPES, Recipe, mirror, mirror_and_shift, predict_with_mirror
from .saliency import saliency
from .studies import records_of
from .teaching import teach
from .training import fit
from .transformer import VisionTransformer
from .trial import DEFAULTS, SPACE, train_with
from .tuning import tune

__all__ = [
    "DEFAULTS",
    "DIGITS",
    "FAMILY",
    "RECIPES",
    "SPACE",
    "ConvolutionExplorer",
    "DigitCNN",
    "Network",
    "Recipe",
    "ResidualBlock",
    "VisionTransformer",
    "best_rates",
    "count",
    "distort",
    "distort_more",
    "fit",
    "for_digits",
    "lenet5_1998",
    "lenet5_modern",
    "mirror",
    "mirror_and_shift",
    "normalise",
    "predict_with_mirror",
    "records_of",
    "saliency",
    "separable",
    "side_by_side",
    "teach",
    "train_for",
    "train_with",
    "tune",
    "vgg",
]
