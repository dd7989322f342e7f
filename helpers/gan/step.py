"""One step of a game: each of the two players moves once."""

import torch

from .games import Game, dcgan_game, see_through
from .networks import Discriminator, Generator

Adam = torch.optim.Optimizer
SHIPPED = dcgan_game()


def train_step(
    generator: Generator,
    discriminator: Discriminator,
    optimizers: tuple[Adam, Adam],
    images: torch.Tensor,
    labels: torch.Tensor,
    progress: float,
    game: Game = SHIPPED,
    noise: float = 0.0,
) -> dict[str, torch.Tensor]:
    """One move of each player; gives both losses and the mean D(x) and D(G(z)).

    `noise` is the standard deviation of what is added to all images (pixels 0 to 1); it fades as
    `progress` goes from 0 to 1.
    """
    latents = torch.randn(len(images), generator.latent_dim, device=images.device)
    drawn = generator(latents, labels)
    x, y = (blur(pixels, noise * (1 - progress)) for pixels in (images.float(), drawn))
    discriminator_loss, real, fake = move_discriminator(
        discriminator, optimizers[1], x, y.detach(), labels, game
    )
    generator_loss = move_generator(discriminator, optimizers[0], y, labels, real, game)
    losses = {"generator_loss": generator_loss, "discriminator_loss": discriminator_loss}
    return losses | {"real": real.sigmoid().mean(), "fake": fake.sigmoid().mean()}


def move_discriminator(
    discriminator: Discriminator,
    adam: Adam,
    images: torch.Tensor,
    drawn: torch.Tensor,
    labels: torch.Tensor,
    game: Game,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Its loss with no extras, and the logits of real and of drawn images before the move."""
    seen = discriminator.look(images)
    real, fake = discriminator.decide(seen, labels), discriminator(drawn, labels)
    loss = to_minimise = game.discriminator_loss(real, fake)
    if game.mismatch and (classes := discriminator.classes) > 1:
        wrong = (labels + torch.randint_like(labels, 1, classes)) % classes
        to_minimise = to_minimise + game.mismatch * see_through(discriminator.decide(seen, wrong))
    if game.penalty and torch.rand(()).item() < 1 / game.every:
        penalty = game.penalty(lambda pixels: discriminator(pixels, labels), images, drawn)
        to_minimise = to_minimise + game.every * penalty
    adam.zero_grad()
    to_minimise.backward()
    adam.step()
    return loss, real.detach(), fake.detach()


def move_generator(
    discriminator: Discriminator,
    adam: Adam,
    drawn: torch.Tensor,
    labels: torch.Tensor,
    real: torch.Tensor,
    game: Game,
) -> torch.Tensor:
    """Its loss, from what the discriminator, which keeps still, says of its drawings."""
    loss = game.generator_loss(real, discriminator(drawn, labels))
    adam.zero_grad()
    loss.backward(inputs=adam.param_groups[0]["params"])  # the other player only judges
    adam.step()
    return loss


def blur(images: torch.Tensor, noise: float) -> torch.Tensor:
    """Instance noise: the images with noise of this standard deviation, pixels 0 to 1."""
    return images + 255 * noise * torch.randn_like(images) if noise else images
