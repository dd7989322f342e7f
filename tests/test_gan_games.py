"""Other games than that of 04, other generators, and games by the clock."""

import itertools

import numpy as np
import pytest
import torch
from torch import nn

from helpers import LabError
from helpers.gan import (
    GAMES,
    Discriminator,
    Generator,
    SelfAttention,
    attentive_generator,
    clip_weights,
    gradient_penalty,
    higher_than_drawn,
    higher_than_real,
    hinge,
    judged_by,
    land_on_one,
    least_squares,
    play_for,
    r1,
    r1_and_r2,
    residual_generator,
    score_high,
    wasserstein,
)
from helpers.gan import timed as by_the_clock

REAL, DRAWN = torch.tensor([2.0, 0.5]), torch.tensor([-2.0, 0.0])


@pytest.mark.parametrize(
    ("loss", "value"),
    [
        (wasserstein, -1 - 1.25),
        (score_high, 1),
        (hinge, 0.25 + 0.5),  # 2 and -2 are far enough, 0.5 and 0 are not
        (least_squares, ((1 + 0.25) / 2 + 4 / 2) / 2),
        (land_on_one, (9 + 1) / 2 / 2),
        (higher_than_drawn, np.log1p(np.exp([-4, -0.5])).mean()),
        (higher_than_real, np.log1p(np.exp([4, 0.5])).mean()),
    ],
)
def test_losses_are_those_of_the_papers(loss, value):
    assert loss(REAL, DRAWN).item() == pytest.approx(value)


def test_the_penalty_asks_for_slopes_of_one():
    torch.manual_seed(0)
    real, drawn = 255 * torch.rand(2, 5, 28, 28)

    def judge(images):  # a slope of 2 in every direction that counts, for pixels -1 to 1
        return 2 / 28 * (images / 127.5 - 1).flatten(1).sum(1)

    assert gradient_penalty(judge, real, drawn).item() == pytest.approx(10, rel=1e-4)
    assert gradient_penalty(lambda x: judge(x) / 2, real, drawn).item() == pytest.approx(
        0, abs=1e-6
    )

    flat = torch.zeros((), requires_grad=True)  # where a root has no slope
    gradient_penalty(lambda x: flat * judge(x), real, drawn).backward()
    assert flat.grad.isfinite()
    seen = []

    def watched(images):
        seen.append(images.detach())
        return judge(images)

    gradient_penalty(watched, real, drawn)
    shares = ((seen[0] - real) / (drawn - real)).flatten(1).median(1).values
    assert shares.min() > 0 and shares.max() < 1 and len(shares.unique()) == len(real)
    torch.testing.assert_close(seen[0], real.lerp(drawn, shares[:, None, None]))

    def bent(images):
        return images.square().flatten(1).mean(1)

    both = r1(bent, real, drawn) + r1(bent, drawn, real)
    assert r1_and_r2(bent, real, drawn).item() == pytest.approx(both.item())
    assert r1(bent, real, drawn).item() != pytest.approx(r1(bent, drawn, real).item())


def test_clipping_spares_what_normalises():
    critic = Discriminator(4)
    clip_weights(critic, 0.01)
    scales = [m.weight for m in critic.modules() if isinstance(m, nn.BatchNorm2d)]
    assert max(p.abs().max().item() for p in layers(critic)) == pytest.approx(0.01)
    assert scales and all(scale.min() > 0.5 for scale in scales)


def layers(network: nn.Module) -> list[nn.Parameter]:
    """The weights of its layers; a critic's last bias moves nothing where differences count."""
    return [p for p in network.parameters() if p.ndim > 1]


@pytest.mark.parametrize("name", GAMES)
def test_each_game_moves_both_players(name, mnist):
    torch.manual_seed(0)
    players = Generator(width=2), Discriminator(2)
    before = [[p.clone() for p in layers(player)] for player in players]
    adams = tuple(torch.optim.Adam(player.parameters()) for player in players)
    images, labels = (torch.from_numpy(a[:16]) for a in mnist[:2])
    for _ in range(12):  # the penalty is due in one of eight, by chance
        record = GAMES[name](*players, adams, images, labels, 0.5)
        assert all(torch.isfinite(value) for value in record.values())
    for player, old in zip(players, before, strict=True):
        assert not any(torch.equal(a, b) for a, b in zip(layers(player), old, strict=True))
    if "clipping" in name:
        assert max(p.abs().max() for p in layers(players[1])) <= 0.0301


@pytest.mark.parametrize("make", [residual_generator, attentive_generator])
@pytest.mark.parametrize("shape", [{}, {"side": 32, "channels": 3}])
def test_other_generators_draw_the_same_sizes(make, shape):
    plain, other = Generator(width=4, **shape), make(width=4, **shape)
    labels = np.arange(10)
    assert other.sample(labels).shape == plain.sample(labels).shape
    other.train()(torch.randn(4, 64), torch.arange(4)).sum().backward()
    assert all(p.grad is not None for p in other.parameters())
    assert max(p.abs().max() for p in layers(other)) < 0.12  # drawn as DCGAN does, six times 0.02


def test_attention_is_shared_out_and_begins_with_nothing():
    torch.manual_seed(0)
    layer, x = SelfAttention(8), torch.randn(2, 8, 5, 6)
    assert torch.equal(layer(x), x)
    rows = layer.attention(x)
    assert rows.shape == (2, 30, 30) and (rows >= 0).all()
    query, key = (part(x).flatten(2).mT for part in (layer.query, layer.key))
    each = torch.eye(30).expand(2, -1, -1)
    wanted = nn.functional.scaled_dot_product_attention(query, key, each)
    torch.testing.assert_close(rows, wanted)
    with torch.no_grad():  # with even attention, each place gets the mean of all values
        layer.query.weight.zero_()
        layer.query.bias.zero_()
        layer.share.fill_(1)
    mean = layer.value(x).mean((2, 3), keepdim=True)
    torch.testing.assert_close(layer(x), x + mean)


def test_a_game_lasts_as_long_as_the_processor_works(mnist, monkeypatch):
    clock = itertools.count()  # a second for each look: a step takes one
    monkeypatch.setattr(by_the_clock.time, "process_time", lambda: next(clock))
    told, rates, threads = [], [], torch.get_num_threads()

    def step(generator, discriminator, optimizers, images, labels, progress):
        assert images.shape == (8, 28, 28)
        assert torch.get_num_threads() == 1  # of several, each would have its seconds
        rates.append([adam.param_groups[0]["lr"] for adam in optimizers])
        return {"discriminator_loss": torch.tensor(progress)}

    drawn, history = play_for(
        8,
        Generator(width=2),
        Discriminator(2),
        mnist.train_images,
        mnist.train_labels,
        step,
        batch_size=8,
        score=lambda generator: {"KID": next(clock)},  # which takes nothing from the game
        scores=4,
        progress=lambda share, history: told.append(share),
    )
    assert isinstance(drawn, Generator)
    assert history["time"] == list(range(1, 9)) and history["score_time"] == [2, 4, 6, 8]
    assert len(history["scores"]["KID"]) == 4
    assert history["loss"] == [i / 8 for i in range(8)]
    assert told == [i / 8 for i in range(1, 9)]
    assert rates[0] == rates[3] == [1e-3, 4e-4]
    assert rates[6] == pytest.approx([5e-4, 2e-4])
    assert torch.get_num_threads() == threads


def test_the_averaged_generator_is_what_is_given(mnist):
    torch.manual_seed(0)
    players = Generator(width=2), Discriminator(2)
    step = GAMES["hinge, R1"]
    drawn, history = play_for(
        0.2, *players, mnist.train_images, mnist.train_labels, step, batch_size=8
    )
    assert drawn is not players[0] and len(history["loss"]) == len(history["time"]) > 0
    assert history["scores"] == {} and history["time"][-1] >= 0.2


def test_players_that_were_in_use_train_again(mnist):
    players = Generator(width=2).eval(), Discriminator(2).eval()
    play_for(0.1, *players, mnist.train_images, mnist.train_labels, GAMES["hinge, R1"])
    for player in players:
        (batches, *_) = [n for name, n in player.state_dict().items() if "batches" in name]
        assert batches > 0


@pytest.mark.parametrize("make", [residual_generator, attentive_generator])
def test_a_generator_of_other_layers_is_in_no_file(make, tmp_path):
    path = Generator(width=4).save(tmp_path / "generator.safetensors")
    before = path.read_bytes()
    with pytest.raises(LabError, match="no file keeps the layers"):
        make(width=4).save(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "bad",
    [
        *({"seconds": np.nan}, {"batch_size": 0}, {"scores": 0}, {"seed": "x"}),
        *({"rates": (np.nan, 1e-3)}, {"rates": (1e-3, -1)}),
    ],
)
def test_bad_arguments_are_refused(mnist, bad):
    given = {"seconds": 1, "generator": Generator(width=2), "discriminator": Discriminator(2)}
    given |= {"images": mnist.train_images, "labels": mnist.train_labels, "step": None}
    with pytest.raises(LabError, match="must be"):
        play_for(**given | bad)


def test_who_draws_real_digits_is_as_good_as_they_are(mnist):
    class Reader:
        def embed(self, images):
            return images[:, ::4, ::4].reshape(len(images), -1) / np.float32(255)

        def predict_proba(self, images):
            return np.eye(10, dtype=np.float32)[images[:, 0, 0] % 10]

    class Copies(Generator):
        def sample(self, labels, seed=0, truncation=1.0, show_progress=False):
            images = mnist.test_images[: len(labels)].copy()
            images[:, 0, 0] = labels
            return images

    class Fog(Copies):
        def sample(self, labels, seed=0, truncation=1.0, show_progress=False):
            return np.random.default_rng(0).integers(0, 255, (len(labels), 28, 28), np.uint8)

    score = judged_by(Reader(), mnist.train_images[:500])
    good, bad = score(Copies()), score(Fog())
    assert good["agreement"] == 1 and bad["agreement"] < 0.2
    assert bad["KID"] > 50 * abs(good["KID"])
