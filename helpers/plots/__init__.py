"""The figures of the notebooks: how they are drawn is not the lesson."""

from .colours import BLUE, GREEN, ORANGE, RED
from .digits import confusion_matrix, plot_confusion, plot_probabilities, show_digits, show_maps
from .games import plane_pictures, plot_game, plot_game_progress, plot_plane
from .learning import moving_average, plot_history, plot_progress
from .search import plot_repeats, plot_search, plot_slices

__all__ = [
    "BLUE",
    "GREEN",
    "ORANGE",
    "RED",
    "confusion_matrix",
    "moving_average",
    "plane_pictures",
    "plot_confusion",
    "plot_game",
    "plot_game_progress",
    "plot_history",
    "plot_plane",
    "plot_probabilities",
    "plot_progress",
    "plot_repeats",
    "plot_search",
    "plot_slices",
    "show_digits",
    "show_maps",
]
