"""What a network costs, and how one that was made for photos comes to read digits."""

import torch
from torch import nn

from .architectures import Network
from .transformer import Attention


def for_digits(network: nn.Module, side: int = 28) -> Network:
    """A network made for colour images, such as torchvision's, that reads digits instead.

    Its first convolution, which is changed in place, sums its kernels over red, green and blue:
    that is what a grey image would get from it. With `side` the digits are first drawn larger, to
    `side` × `side` pixels. The network should have ten outputs.
    """
    first = next(layer for layer in network.modules() if isinstance(layer, nn.Conv2d))
    first.weight = nn.Parameter(first.weight.detach().sum(1, keepdim=True))
    first.in_channels = 1
    larger = [nn.Upsample(size=(side, side), mode="bilinear")] if side != 28 else []
    return Network(*larger, network)


def count(model: nn.Module) -> tuple[int, int]:
    """The weights of a network that reads digits, and the multiplications that one digit takes.

    Hooks see the shape of what each layer makes. Counted are the products of convolutions, dense
    layers and attention; normalisation and pooling, a small part, are not.
    """
    products = 0

    def add(layer: nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        nonlocal products
        if isinstance(layer, nn.Conv2d):  # each number of the output is a sum over a kernel
            products += output.numel() * layer.weight[0].numel()
        elif isinstance(layer, nn.Linear):
            products += output.numel() * layer.in_features
        elif isinstance(layer, Attention):  # every token with every token, twice
            products += 2 * inputs[0].shape[1] * inputs[0].numel()

    hooks = [layer.register_forward_hook(add) for layer in model.modules()]
    training, device = model.training, next(model.parameters()).device
    with torch.inference_mode():
        model.eval()(torch.zeros(1, 28, 28, dtype=torch.uint8, device=device))
    model.train(training)
    for hook in hooks:
        hook.remove()
    return sum(weight.numel() for weight in model.parameters()), products
