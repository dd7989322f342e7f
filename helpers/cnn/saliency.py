"""Which pixels move what a network says."""

import numpy as np
import torch

from ..networks import evaluating
from ..recogniser import check_images


def saliency(model: torch.nn.Module, images: np.ndarray, samples: int = 25) -> np.ndarray:
    """How much each pixel of uint8 images (N, 28, 28) moves the winning logit: float32, same shape.

    The square of the gradient (Simonyan et al., 2013) of each noisy copy's winning logit, averaged
    over the copies: SmoothGrad squared (Hooker et al., 2019; SmoothGrad: Smilkov et al., 2017).
    Each map's largest value is 1. The weights and the mode of the model stay as they are. Raises
    LabError for other images.
    """
    device = next(model.parameters()).device
    model = evaluating(model)
    generator = torch.Generator().manual_seed(0)
    pixels = torch.from_numpy(check_images(images)).float()
    total = torch.zeros_like(pixels)
    for _ in range(samples):
        noisy = pixels + 25 * torch.randn(pixels.shape, generator=generator)
        noisy = noisy.to(device).requires_grad_()
        winning = model(noisy).max(1).values.sum()
        total += torch.autograd.grad(winning, noisy)[0].square().cpu()
    return (total / total.amax((1, 2), keepdim=True).clamp(min=1e-12)).numpy()
