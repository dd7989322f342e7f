"""Random changes of training digits that leave their meaning as it is."""

import torch


def random_shift(images: torch.Tensor, pixels: int = 2) -> torch.Tensor:
    """Shift each of the uint8 images (N, 28, 28) by up to `pixels` to any side, paper moving in."""
    n, height, width = images.shape
    padded = torch.nn.functional.pad(images, [pixels] * 4)
    dy, dx = torch.randint(2 * pixels + 1, (2, n, 1, 1), device=images.device)
    rows = dy + torch.arange(height, device=images.device)[:, None]  # (N, 28, 1)
    columns = dx + torch.arange(width, device=images.device)  # (N, 1, 28)
    return padded[torch.arange(n, device=images.device)[:, None, None], rows, columns]
