"""Reading with a network while something else trains it."""

import copy

from torch import nn


def evaluating(model: nn.Module) -> nn.Module:
    """The same network on the same weights, in its evaluation mode.

    `model` itself keeps its mode, so that a training in another thread does not notice: dropout and
    batch normalisation behave differently in the two modes.
    """
    twin = copy.copy(model)  # shares the tensors
    twin._modules = {name: child and evaluating(child) for name, child in model._modules.items()}
    twin.training = False
    return twin
