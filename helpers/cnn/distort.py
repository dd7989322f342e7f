"""Random distortions of digits in torch, on whatever device they are: another hand writes them.

`helpers.mlp.distort_digits` does the same in NumPy alone.
"""

import math

import torch
from torch.nn import functional as F

_BICUBIC = F.interpolate(  # (28, 6): from a coarse grid to the pixels, as a matrix
    torch.eye(6)[None, None], size=(28, 6), mode="bicubic", align_corners=True
)[0, 0]


def distort(
    images: torch.Tensor,
    strength: float = 1,
    rotation: float = 10,
    scale: float = 0.1,
    slant: float = 0.15,
    shift: float = 1.5,
    elastic: float = 0,
    thickness: float = 0,
) -> torch.Tensor:
    """Distort each of the uint8 images (N, 28, 28) a little differently: float32 (N, 28, 28).

    At `strength` 1 the largest changes to either side are: `rotation` in degrees, `scale` of width
    and height, each its own, as a share, `slant` as a share of the height, `shift` in pixels. With
    `elastic` a smooth random field of that deviation in pixels bends the strokes (Simard et al.,
    2003); with `thickness` (0 to 1) they swell or shrink by up to one pixel. A smaller `strength`
    takes that share of each. Pixels stay 0 to 255.
    """
    n, device = len(images), images.device
    x = images[:, None].float()  # (N, 1, 28, 28)
    if thickness:
        swell = strength * thickness * (2 * torch.rand(n, 1, 1, 1, device=device) - 1)
        thick, thin = _spread(x), 255 - _spread(255 - x)
        x = x + swell.clamp(min=0) * (thick - x) + swell.clamp(max=0) * (x - thin)
    angle, wide, high, lean, right, down = strength * (2 * torch.rand(6, n, device=device) - 1)
    angle = angle * math.radians(rotation)
    wide, high, lean = 1 + wide * scale, 1 + high * scale, lean * slant
    right, down = right * shift / 14, down * shift / 14  # the grid runs from -1 to 1
    cos, sin = angle.cos(), angle.sin()
    rows = [cos * wide, (lean - sin) * wide, right, sin * high, cos * high, down]
    pixel = (torch.arange(28, device=device) + 0.5) / 14 - 1
    places = torch.stack([*torch.meshgrid(pixel, pixel, indexing="xy"), torch.ones_like(x[0, 0])])
    grid = torch.stack(rows, 1).view(2 * n, 3) @ places.view(3, 784)  # F.affine_grid, but faster
    grid = grid.view(n, 2, 28, 28)
    if elastic:  # a coarse grid of random arrows, interpolated
        arrows = torch.randn(n, 2, 6, 6, device=device)
        field = _BICUBIC.to(device) @ arrows @ _BICUBIC.T.to(device)
        grid = grid + field * (strength * elastic / 14)
    return F.grid_sample(x, grid.movedim(1, -1), align_corners=False)[:, 0]


def _spread(x: torch.Tensor) -> torch.Tensor:
    """The darkest of each pixel and its eight neighbours: F.max_pool2d(x, 3, 1, 1), but faster."""
    x = F.pad(x, (1, 1, 1, 1))
    x = torch.maximum(torch.maximum(x[..., :-2], x[..., 1:-1]), x[..., 2:])
    return torch.maximum(torch.maximum(x[..., :-2, :], x[..., 1:-1, :]), x[..., 2:, :])


def distort_more(images: torch.Tensor, strength: float = 1) -> torch.Tensor:
    """`distort` as the long recipe uses it: bent, thicker and thinner as well."""
    return distort(images, strength, elastic=0.5, thickness=0.3)
