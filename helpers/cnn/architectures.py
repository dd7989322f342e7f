"""06: a family portrait of networks that read digits, each as short as it can be read.

Every function here makes an untrained network: uint8 images (N, 28, 28) in, logits (N, 10) out, so
that `fit` trains it as it trains `DigitCNN`. Comments give the shape of an image after the layer,
(channels, rows, columns). The vision transformer stands in `transformer`, beside this module.
"""

import torch
from torch import nn
from torch.nn import functional as F

from .network import Classifier, normalise


class Network(Classifier):
    """Layers in a row behind the scaling: uint8 images (N, 28, 28) in, logits (N, 10) out."""

    def __init__(self, *layers: nn.Module):
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.layers(normalise(images))  # (N, 10)


def softmax_regression() -> Network:
    """Each pixel votes for each digit, and nothing else: Cox (1958), for ten classes Bridle (1990).

    D. R. Cox, "The regression analysis of binary sequences"; J. S. Bridle, "Probabilistic
    interpretation of feedforward classification network outputs".
    """
    return Network(nn.Flatten(), nn.Linear(784, 10))


def mlp(width: int = 256) -> Network:
    """Two layers of `width` units that see all pixels: Rumelhart, Hinton and Williams (1986).

    "Learning representations by back-propagating errors"; ReLU is younger: Nair and Hinton (2010).
    """
    return Network(
        nn.Flatten(),  # (784)
        *(nn.Linear(784, width), nn.ReLU()),
        *(nn.Linear(width, width), nn.ReLU()),
        nn.Linear(width, 10),
    )


class ScaledTanh(nn.Module):
    """1.7159 tanh(2/3 x): near -1 and 1, where its targets lay, it is still steep."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return 1.7159 * torch.tanh(2 / 3 * x)


class ScaledAverage(nn.Module):
    """The mean of each 2 × 2 places, times a number learnt for each channel, plus another."""

    def __init__(self, channels: int):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(channels, 1, 1))
        self.shift = nn.Parameter(torch.zeros(channels, 1, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.avg_pool2d(x, 2) * self.scale + self.shift


def lenet5_1998() -> Network:
    """LeNet-5 nearly as it was: LeCun, Bottou, Bengio and Haffner (1998).

    "Gradient-based learning applied to document recognition". Simplified: each channel of the
    second convolution sees all six before it (in the paper three to six of them), and the last
    layer is linear (there, it measured distances to drawn targets, radial basis functions).
    """
    return Network(
        *(nn.Conv2d(1, 6, 5, padding=2), ScaledTanh()),  # (6, 28, 28)
        *(ScaledAverage(6), ScaledTanh()),  # (6, 14, 14)
        *(nn.Conv2d(6, 16, 5), ScaledTanh(), ScaledAverage(16), ScaledTanh()),  # (16, 5, 5)
        *(nn.Conv2d(16, 120, 5), ScaledTanh(), nn.Flatten()),  # (120)
        *(nn.Linear(120, 84), ScaledTanh()),
        nn.Linear(84, 10),
    )


def lenet5_modern() -> Network:
    """LeNet-5 with its own widths, and what came since.

    Maxima in the place of means, ReLU (Nair and Hinton, 2010) in that of tanh, and batch
    normalisation (Ioffe and Szegedy, 2015).
    """
    return Network(
        *(nn.Conv2d(1, 6, 5, padding=2), nn.MaxPool2d(2), nn.BatchNorm2d(6), nn.ReLU()),
        *(nn.Conv2d(6, 16, 5), nn.MaxPool2d(2), nn.BatchNorm2d(16), nn.ReLU()),  # (16, 5, 5)
        *(nn.Conv2d(16, 120, 5), nn.BatchNorm2d(120), nn.ReLU(), nn.Flatten()),  # (120)
        *(nn.Linear(120, 84), nn.ReLU()),
        nn.Linear(84, 10),
    )


def _convolution(n_in: int, n_out: int, size: int = 3, groups: int = 1) -> list[nn.Module]:
    """A convolution that keeps rows and columns, batch normalisation and ReLU."""
    layer = nn.Conv2d(n_in, n_out, size, padding=size // 2, groups=groups, bias=False)
    return [layer, nn.BatchNorm2d(n_out), nn.ReLU()]


def vgg(width: int = 16) -> Network:
    """Pairs of 3 × 3 convolutions, with a pooling after each: Simonyan and Zisserman (2015).

    "Very deep convolutional networks for large-scale image recognition". Two 3 × 3 see as far as
    one 5 × 5, with fewer weights. The paper's widths begin at 64, and it has no normalisation.
    """
    w = width
    return Network(
        *(*_convolution(1, w), *_convolution(w, w), nn.MaxPool2d(2)),  # (w, 14, 14)
        *(*_convolution(w, 2 * w), *_convolution(2 * w, 2 * w), nn.MaxPool2d(2)),  # (2w, 7, 7)
        *(*_convolution(2 * w, 4 * w), *_convolution(4 * w, 4 * w), nn.MaxPool2d(2)),  # (4w, 3, 3)
        *(nn.Flatten(), nn.Linear(9 * 4 * w, 10)),
    )


class ResidualBlock(nn.Module):
    """x + f(x): two convolutions learn what has to change; `stride` 2 halves rows and columns.

    The shortcut is what He et al. call option A: every second place, and channels of zeros.
    """

    def __init__(self, n_in: int, n_out: int, stride: int = 1):
        super().__init__()
        self.stride, self.added = stride, n_out - n_in
        self.change = nn.Sequential(
            nn.Conv2d(n_in, n_out, 3, stride, padding=1, bias=False),
            *(nn.BatchNorm2d(n_out), nn.ReLU()),
            *(nn.Conv2d(n_out, n_out, 3, padding=1, bias=False), nn.BatchNorm2d(n_out)),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        same = x[:, :, :: self.stride, :: self.stride]
        return F.relu(F.pad(same, (0, 0, 0, 0, 0, self.added)) + self.change(x))


def resnet(blocks: int = 1, width: int = 8) -> Network:
    """6 `blocks` + 2 layers, as He, Zhang, Ren and Sun (2016) built them for CIFAR-10.

    "Deep residual learning for image recognition". The paper's `width` is 16.
    """
    w, more = width, blocks - 1
    return Network(
        *_convolution(1, w),  # (w, 28, 28)
        *(ResidualBlock(w, w) for _ in range(blocks)),
        *(ResidualBlock(w, 2 * w, 2), *(ResidualBlock(2 * w, 2 * w) for _ in range(more))),
        *(ResidualBlock(2 * w, 4 * w, 2), *(ResidualBlock(4 * w, 4 * w) for _ in range(more))),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4 * w, 10)),  # (4w, 7, 7) to (4w)
    )


def separable(width: int = 16) -> Network:
    """Depthwise separable convolutions: Howard et al. (2017), MobileNet.

    "MobileNets: efficient convolutional neural networks for mobile vision applications". A 3 × 3
    for each channel alone looks round, then a 1 × 1 mixes the channels. The paper halves the rows
    by strides; here poolings do.
    """

    def pair(n_in: int, n_out: int) -> list[nn.Module]:
        return [*_convolution(n_in, n_in, groups=n_in), *_convolution(n_in, n_out, size=1)]

    w = width
    return Network(
        *(*_convolution(1, w), nn.MaxPool2d(2)),  # (w, 14, 14)
        *(*pair(w, 2 * w), *pair(2 * w, 4 * w), nn.MaxPool2d(2)),  # (4w, 7, 7)
        *(*pair(4 * w, 4 * w), *pair(4 * w, 8 * w)),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8 * w, 10)),  # (8w, 7, 7) to (8w)
    )
