"""One step of the game: what each of the two players is to minimise, and its move."""

import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from .networks import Discriminator, Generator


def train_step(
    generator: Generator,
    discriminator: Discriminator,
    optimizers: tuple[torch.optim.Optimizer, torch.optim.Optimizer],
    images: torch.Tensor,
    labels: torch.Tensor,
    progress: float,
    real_target: float = 0.9,
    noise: float = 0.0,
    penalty: float = 0.1,
) -> dict[str, torch.Tensor]:
    """One move of each player; gives both losses and the mean D(x) and D(G(z))."""
    generator_adam, discriminator_adam = optimizers
    bce = binary_cross_entropy_with_logits

    def blur(x: torch.Tensor) -> torch.Tensor:  # instance noise, which fades as training goes on
        return x + 255 * noise * (1 - progress) * torch.randn_like(x) if noise else x

    latents = torch.randn(len(images), generator.latent_dim, device=images.device)
    drawn = generator(latents, labels)

    due = penalty > 0 and torch.rand(()).item() < 1 / 8  # one step in eight, eight times as heavy
    x = blur(images.float()).requires_grad_(due)
    real = discriminator(x, labels)
    fake = discriminator(blur(drawn.detach()), labels)  # detached: the generator does not move yet
    discriminator_loss = bce(real, torch.full_like(real, real_target))
    discriminator_loss = discriminator_loss + bce(fake, torch.zeros_like(fake))
    to_minimise = discriminator_loss
    if due:  # slopes for pixels from -1 to 1
        slopes = 127.5 * torch.autograd.grad(real.sum(), x, create_graph=True)[0]
        to_minimise = to_minimise + 8 * penalty / 2 * (slopes.square().sum() / len(x))
    discriminator_adam.zero_grad()
    to_minimise.backward()
    discriminator_adam.step()

    discriminator.requires_grad_(False)  # now it only judges
    verdict = discriminator(blur(drawn), labels)
    generator_loss = bce(verdict, torch.ones_like(verdict))
    generator_adam.zero_grad()
    generator_loss.backward()
    generator_adam.step()
    discriminator.requires_grad_(True)

    losses = {"generator_loss": generator_loss, "discriminator_loss": discriminator_loss}
    return losses | {"real": real.sigmoid().mean(), "fake": fake.sigmoid().mean()}
