"""The family of networks: each does what its paper says, costs what a hand counts, and learns."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from helpers import LabError
from helpers.cnn import DigitCNN, count, distort, fit, for_digits
from helpers.cnn import architectures as family
from helpers.cnn.network import Classifier
from helpers.cnn.transformer import Attention, VisionTransformer
from helpers.import_torchvision import torchvision
from helpers.recogniser import evaluate

MAKERS: dict[str, Callable[[], Classifier]] = {
    "softmax": family.softmax_regression,
    "mlp": family.mlp,
    "lenet5_1998": family.lenet5_1998,
    "lenet5_modern": family.lenet5_modern,
    "vgg": family.vgg,
    "resnet": family.resnet,
    "resnet20": lambda: family.resnet(3, 16),
    "separable": family.separable,
    "vit": VisionTransformer,
    "digitcnn": DigitCNN,
}


@pytest.mark.parametrize("name", MAKERS.keys() - {"resnet20"})
def test_each_makes_logits_of_images_and_fit_trains_it_as_it_is(name, mnist):
    torch.manual_seed(0)
    model = MAKERS[name]()
    images, labels = mnist.train_images[:200], mnist.train_labels[:200]
    assert model(torch.from_numpy(images[:3])).shape == (3, 10)
    optimizer, rate = ("adamw", 1e-3) if name == "vit" else ("sgd", 0.02)
    options: dict[str, Any] = {
        "epochs": 8,
        "full_epochs": 8,
        "batch_size": 20,
        "show_progress": False,
    }
    options |= {"optimizer": optimizer, "learning_rate": rate, "augment": distort}
    history = fit(model, images, labels, **options)
    assert np.mean(history["loss"][-10:]) < 0.8 * np.mean(history["loss"][:3])
    assert evaluate(model, images, labels) > 0.5
    assert all(weight.grad is not None for weight in model.parameters())  # all of it is used


# Weights and products by hand: a sum over the layers, sides × sides × kernel × channels.
BY_HAND = {
    "softmax": (784 * 10 + 10, 784 * 10),
    "mlp": (785 * 256 + 257 * 256 + 257 * 10, 784 * 256 + 256 * 256 + 256 * 10),
    "lenet5_1998": (  # the paper has 60,000: its second convolution has 1,516 weights, not 2,416
        156 + 12 + 2416 + 32 + 48120 + 10164 + 850,
        784 * 25 * 6 + 100 * 25 * 6 * 16 + 400 * 120 + 120 * 84 + 84 * 10,
    ),
    "vit": (
        *(50 * 64 + 16 * 64 + 4 * (4 * 64 + 65 * 192 + 65 * 64 + 65 * 128 + 129 * 64) + 128 + 650,),
        *(16 * 49 * 64 + 4 * (16 * 64 * (192 + 64 + 128 + 128) + 2 * 16 * 16 * 64) + 640,),
    ),
    "digitcnn": (
        98_938,
        576 * 25 * 16 + 100 * 9 * 16 * 32 + 9 * 9 * 32 * 64 + 9 * 64 * 128 + 1280,
    ),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_the_cost_is_what_a_hand_counts(name):
    assert count(MAKERS[name]()) == BY_HAND[name]


@pytest.mark.parametrize("name", MAKERS)
def test_the_cost_is_what_torch_counts(name):
    model = MAKERS[name]()
    with FlopCounterMode(display=False) as counter:  # a product and a sum count as two
        model.eval()(torch.zeros(1, 28, 28, dtype=torch.uint8))
    assert 2 * count(model.train())[1] == counter.get_total_flops()
    assert model.training and not any(layer._forward_hooks for layer in model.modules())


def test_resnet_has_the_weights_that_its_paper_says():
    """Table 6 of He et al.: 0.27 M with 20 layers (there for three colours: 288 weights more)."""
    model = family.resnet(blocks=3, width=16)
    assert count(model)[0] + 288 == 269_722
    layers = [m for m in model.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    assert len(layers) == 20


def test_a_residual_block_that_changes_nothing_hands_on_what_it_got():
    block = family.ResidualBlock(2, 4, stride=2).eval()
    for weight in block.change[-1].parameters():
        nn.init.zeros_(weight)
    x = torch.rand(1, 2, 6, 6)
    out = block(x)
    assert torch.equal(out[:, :2], x[:, :, ::2, ::2]) and not out[:, 2:].any()


def test_attention_is_that_of_torch():
    torch.manual_seed(0)
    ours, theirs = Attention(8, 2), nn.MultiheadAttention(8, 2, batch_first=True)
    names = {"in_proj_": ours.ask, "out_proj.": ours.mix}
    weights = {k + n: w for k, part in names.items() for n, w in part.state_dict().items()}
    theirs.load_state_dict(weights)
    x = torch.randn(3, 5, 8)
    torch.testing.assert_close(ours(x), theirs(x, x, x)[0])


def test_the_transformer_knows_where_a_patch_was():
    model = VisionTransformer().eval()
    image = torch.zeros(1, 28, 28, dtype=torch.uint8)
    image[0, :7, :7] = 255
    assert not torch.allclose(model(image), model(image.flip(1)), atol=1e-4)


def test_a_network_for_photos_reads_digits_and_sees_the_same():
    torch.manual_seed(0)
    theirs = torchvision.models.resnet18(num_classes=10).eval()
    images = torch.randint(0, 256, (2, 28, 28), dtype=torch.uint8)
    grey = family.normalise(images)
    expected = theirs(grey.expand(-1, 3, -1, -1))
    torch.testing.assert_close(for_digits(theirs)(images), expected, rtol=1e-4, atol=1e-4)


def test_what_halves_an_image_five_times_needs_larger_digits():
    images = torch.zeros(1, 28, 28, dtype=torch.uint8)

    def vgg(side: int) -> nn.Module:
        theirs = torchvision.models.vgg11(num_classes=10, init_weights=False)
        return for_digits(theirs, side).eval()

    assert vgg(32)(images).shape == (1, 10)
    with pytest.raises(RuntimeError, match="too small"):
        vgg(28)(images)


def test_an_unknown_optimizer_is_refused(mnist):
    with pytest.raises(LabError, match="optimizer must be"):
        fit(DigitCNN(2), mnist.train_images[:9], mnist.train_labels[:9], optimizer="adam")
