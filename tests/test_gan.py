"""The two players, their game, and what they leave behind."""

import copy
import functools
import io

import numpy as np
import pytest
import torch
from hostile import assert_one_sentence
from PIL import Image, ImageSequence
from safetensors.torch import save_file

from helpers import ROOT, LabError
from helpers.cnn import DigitCNN
from helpers.gan import (
    Discriminator,
    Game,
    Generator,
    dcgan_game,
    fit_gan,
    frechet_distance,
    move_generator,
    precision_recall,
    r1,
    sample_sheet,
    save_film,
    save_sheet,
    squared_slopes,
    train_step,
)
from helpers.gan.training import Play, verdict
from helpers.plots import plot_game
from helpers.recogniser import evaluate


@pytest.fixture
def players() -> tuple[Generator, Discriminator]:
    torch.manual_seed(0)
    return Generator(latent_dim=16, width=4), Discriminator(width=4)


def unmoved(players):
    """Optimisers that change nothing."""
    return [torch.optim.SGD(player.parameters(), 0.0) for player in players]


@pytest.fixture
def digits(mnist):
    return mnist.train_images[:512], mnist.train_labels[:512]


def play(players, digits, step=train_step, **settings):
    torch.manual_seed(0)
    settings = {"epochs": 2, "batch_size": 64} | settings
    return fit_gan(*players, *digits, step=step, **settings)


@pytest.mark.parametrize("classes", [0, 10])
def test_shapes_and_pixels(classes):
    generator, discriminator = Generator(16, 4, classes), Discriminator(4, classes)
    labels = torch.arange(5)
    images = generator(torch.randn(5, 16), labels)
    assert images.shape == (5, 28, 28) and images.min() >= 0 and images.max() <= 255
    assert discriminator(images, labels).shape == (5,)
    sample = generator.sample(np.arange(5))
    assert sample.shape == (5, 28, 28) and sample.dtype == np.uint8


def test_the_weights_start_as_dcgan_starts_them():
    torch.manual_seed(0)
    for player in (Generator(), Discriminator()):
        for name, weight in player.state_dict().items():
            if "running" in name or "batches" in name:
                continue
            if weight.ndim > 1:
                assert weight.std() == pytest.approx(0.02, rel=0.15), name
                assert abs(weight.mean()) < 0.005, name
            elif name.endswith("weight"):  # a normalisation
                assert weight.mean() == pytest.approx(1, abs=0.02), name
            else:
                assert not weight.any(), name


def test_a_seed_draws_the_same_digits_every_time(players):
    generator, _ = players
    generator.train()
    labels = np.arange(1500) % 10
    once = generator.sample(labels, seed=3)
    assert np.array_equal(once, generator.sample(labels, seed=3))
    assert not np.array_equal(once, generator.sample(labels, seed=4))
    assert np.abs(once[:20].astype(int) - generator.sample(labels[:20], seed=3)).max() <= 1
    assert generator.training  # and training can go on


def test_no_latent_is_left_where_truncation_is_zero(players):
    images = players[0].sample(np.array([7, 7, 1]), truncation=0)
    assert np.array_equal(images[0], images[1]) and not np.array_equal(images[0], images[2])


@pytest.mark.parametrize("labels", [[], [10], [-1], [0.5], [[1]], ["7"], [None], 7])
def test_what_is_no_digit_is_refused(players, labels):
    with pytest.raises(LabError, match=r"labels must|empty"):
        players[0].sample(np.array(labels))


@pytest.mark.parametrize("seed", [0.5, "1", None, -1, True])
def test_what_is_no_seed_is_refused(players, seed):
    with pytest.raises(LabError, match="seed must be a whole number") as error:
        players[0].sample(np.arange(3), seed)
    assert_one_sentence(error.value)


@pytest.mark.parametrize("truncation", [np.nan, np.inf, 1e300, -1, "1", None])
def test_what_is_no_truncation_is_refused(players, truncation):
    with pytest.raises(LabError, match=r"truncation must be a|latents must be finite") as error:
        players[0].sample(np.arange(3), truncation=truncation)
    assert_one_sentence(error.value)


def test_the_largest_seed_is_a_seed(players):
    assert players[0].sample(np.arange(3), 2**70 + 1).shape == (3, 28, 28)


def test_whatever_numbers_numpy_gives_are_taken(players):
    generator, _ = players
    wanted = generator.sample(np.array([3, 1, 4]), 7, 0.5)
    for dtype in (">i2", np.uint8, np.int32):
        labels = np.array([4, 1, 3], dtype)[::-1]
        labels.flags.writeable = False
        again = generator.sample(labels, np.int32(7), np.float32(0.5), show_progress=True)
        assert np.array_equal(wanted, again)


@pytest.mark.parametrize(
    ("latents", "labels"),
    [
        (torch.zeros(2, 15), np.arange(2)),
        (torch.zeros(2, 16), np.arange(3)),
        (torch.zeros(16), np.arange(1)),
        (torch.full((2, 16), torch.nan), np.arange(2)),
        (np.zeros((2, 16)), np.arange(2)),
        (torch.zeros(2, 16), np.array([1, 10])),
    ],
)
def test_what_cannot_be_drawn_is_refused(players, latents, labels):
    with pytest.raises(LabError, match=r"latents must|labels must") as error:
        players[0].draw(latents, labels)
    assert_one_sentence(error.value)


def test_a_generator_of_three_classes_draws_no_fourth():
    with pytest.raises(LabError, match="these run from 0 to 3"):
        Generator(16, 4, classes=3).sample(np.arange(4))


def test_each_player_moves_once_in_a_step_and_only_itself(players, digits):
    generator, discriminator = players
    images, labels = (torch.from_numpy(a[:64]) for a in digits)
    before = [[p.clone() for p in player.parameters()] for player in players]
    still = torch.optim.SGD(generator.parameters(), 0.0)
    moves = torch.optim.SGD(discriminator.parameters(), 0.1)
    record = train_step(generator, discriminator, (still, moves), images, labels, 0.5)
    assert set(record) == {"generator_loss", "discriminator_loss", "real", "fake"}
    assert all(torch.equal(a, b) for a, b in zip(before[0], generator.parameters(), strict=True))
    assert not any(
        torch.equal(a, b) for a, b in zip(before[1], discriminator.parameters(), strict=True)
    )
    assert all(p.requires_grad for p in discriminator.parameters())


def test_the_losses_are_those_of_the_formulae(players, digits):
    generator, discriminator = players
    images, labels = (torch.from_numpy(a[:64]) for a in digits)
    torch.manual_seed(5)
    record = train_step(
        generator, discriminator, unmoved(players), images, labels, 0.0, dcgan_game(0.8)
    )
    torch.manual_seed(5)
    drawn = generator(torch.randn(64, 16), labels)
    d_x = discriminator(images.float(), labels).sigmoid()
    d_g = discriminator(drawn, labels).sigmoid()
    wanted = -(0.8 * d_x.log() + 0.2 * (1 - d_x).log() + (1 - d_g).log()).mean()
    assert record["discriminator_loss"].item() == pytest.approx(wanted.item(), rel=1e-4)
    assert record["generator_loss"].item() == pytest.approx(-d_g.log().mean().item(), rel=1e-4)
    assert record["real"].item() == pytest.approx(d_x.mean().item(), rel=1e-4)


def test_real_images_with_a_wrong_label_count_as_drawn(players, digits):
    """By their formula: one step of plain descent with rate 1 takes its gradient away."""
    generator, discriminator = players
    images, labels = (torch.from_numpy(a[:64]) for a in digits)
    twin = copy.deepcopy(discriminator)
    torch.manual_seed(5)
    drawn = generator(torch.randn(64, 16), labels).detach()
    wrong = (labels + torch.randint_like(labels, 1, 10)) % 10
    pairs = ((images.float(), labels), (drawn, labels), (images.float(), wrong))
    d_x, d_g, d_wrong = (twin(x, y).sigmoid() for x, y in pairs)
    loss = -(0.9 * d_x.log() + 0.1 * (1 - d_x).log() + (1 - d_g).log()).mean()
    (loss - 0.5 * (1 - d_wrong).log().mean()).backward()
    moves = (
        torch.optim.SGD(generator.parameters(), 0),
        torch.optim.SGD(discriminator.parameters(), 1),
    )
    torch.manual_seed(5)
    game = dcgan_game(penalty=0, mismatch=0.5)
    record = train_step(generator, discriminator, moves, images, labels, 0.0, game)
    for old, new in zip(twin.parameters(), discriminator.parameters(), strict=True):
        assert torch.allclose(old - old.grad, new, rtol=1e-4, atol=1e-6)
    assert record["discriminator_loss"].item() == pytest.approx(loss.item(), rel=1e-4)


@pytest.mark.parametrize("classes", [0, 1])
def test_without_other_classes_there_is_no_wrong_label(digits, classes):
    players = Generator(8, 4, classes), Discriminator(4, classes)
    images, labels = digits[0][:64], np.zeros(64, int)
    _, history = play(players, (images, labels), epochs=1)
    assert len(history["real"]) == 1


@pytest.mark.slow
def test_the_penalty_flattens_the_discriminator_and_stays_out_of_the_record(digits):
    images, labels = (torch.from_numpy(a[:64]) for a in digits)

    def steepness(penalty):
        torch.manual_seed(0)
        game = dcgan_game(penalty=penalty)
        generator, discriminator = Generator(16, 4), Discriminator(4)
        still = torch.optim.SGD(generator.parameters(), 0.0)
        moves = torch.optim.Adam(discriminator.parameters(), 2e-3)
        for _ in range(60):
            record = train_step(generator, discriminator, (still, moves), images, labels, 0.5, game)
            assert record["discriminator_loss"] < 3  # both cross-entropies, and no more
        return squared_slopes(lambda x: discriminator(x, labels), images.float()).mean().item()

    assert steepness(10.0) < steepness(0.0) / 4


def slopes_alone(discriminator, images, labels):
    """The squared length of the gradient of each logit by its own image, in this company."""
    x = images.float().requires_grad_()
    logits = discriminator(x, labels)
    slopes = [torch.autograd.grad(z, x, retain_graph=True)[0][i] for i, z in enumerate(logits)]
    return torch.stack([(127.5 * slope).square().sum() for slope in slopes])


def test_the_penalty_is_of_each_image_alone_but_where_batches_are_normalised(players, digits):
    discriminator = players[1]
    images, labels = (torch.from_numpy(a[:8]) for a in digits)

    def both():
        together = squared_slopes(lambda x: discriminator(x, labels), images.float())
        return together, slopes_alone(discriminator, images, labels)

    assert not torch.allclose(*both(), rtol=0.01)  # in training, as `train_step` asks for it
    discriminator.features[3] = torch.nn.GroupNorm(1, 8)
    assert torch.allclose(*both(), rtol=1e-3)


def test_r1_is_half_of_its_weight_times_the_mean_square(players, digits):
    """As Mescheder et al. write it, for the discriminator in the mode it is in."""
    images, labels = (torch.from_numpy(a[:64]) for a in digits)
    x = images.float().requires_grad_()
    gradient = torch.autograd.grad(players[1](x, labels).sum(), x)[0]
    wanted = 0.4 / 2 * (127.5 * gradient).square().sum() / 64
    paid = r1(lambda pixels: players[1](pixels, labels), images.float(), images, weight=0.4)
    assert paid.item() == pytest.approx(wanted.item(), rel=1e-4)


def test_another_game_is_two_losses_and_a_penalty(players, digits):
    """Hinge, relativistic for the generator; the record holds the losses without the penalty."""
    images, labels = (torch.from_numpy(a[:64]) for a in digits)
    due = []

    def penalty(judge, real, drawn):
        due.append(drawn)
        return squared_slopes(judge, drawn).mean()

    game = Game(
        lambda real, drawn: (1 - real).relu().mean() + (1 + drawn).relu().mean(),
        lambda real, drawn: (real - drawn).mean(),
        penalty,
        every=1,
    )
    (generator, discriminator), still = players, unmoved(players)
    torch.manual_seed(5)
    record = train_step(generator, discriminator, still, images, labels, 0.0, game)
    torch.manual_seed(5)
    drawn = generator(torch.randn(64, 16), labels)
    real, fake = (discriminator(x, labels) for x in (images.float(), drawn))
    wanted = (1 - real).relu().mean() + (1 + fake).relu().mean()
    assert record["discriminator_loss"].item() == pytest.approx(wanted.item(), rel=1e-5)
    wanted = (real - fake).mean().item()
    assert record["generator_loss"].item() == pytest.approx(wanted, rel=1e-4)
    assert len(due) == 1 and torch.allclose(due[0], drawn)


@pytest.mark.parametrize(("side", "channels"), [(32, 1), (32, 3), (28, 3)])
def test_players_of_other_pictures(side, channels, tmp_path):
    shape = (side, side, 3)[: 2 + (channels > 1)]
    pictures = np.random.default_rng(0).integers(0, 256, (128, *shape), np.uint8)
    torch.manual_seed(0)
    players = Generator(8, 4, 5, side, channels), Discriminator(4, 5, side, channels)
    averaged, history = play(players, (pictures, np.arange(128) % 5), epochs=1, log_dir=tmp_path)
    assert [file.name for file in (tmp_path / "samples").iterdir()] == ["epoch_001.png"]
    drawn = averaged.sample(np.arange(5))
    assert drawn.shape == (5, *shape) and drawn.dtype == np.uint8 and len(history["real"]) == 2
    again = Generator.load(averaged.save(tmp_path / "weights.safetensors"))
    assert np.array_equal(drawn, again.sample(np.arange(5)))
    with pytest.raises(LabError, match="images must have the shape"):
        play(players, (np.zeros((9, 9, 9), np.uint8), np.arange(9) % 5), epochs=1)


def test_a_coloured_sheet_and_its_film(tmp_path):
    torch.manual_seed(0)
    generator = Generator(8, 4, side=32, channels=3)
    sheet = sample_sheet(generator)
    assert sheet.shape == (8 * 34, 340, 3)
    first = generator.draw(latents_of_sheets(generator), np.arange(1))[0]
    assert np.array_equal(sheet[1:33, 1:33], first)  # its colours as they are
    save_sheet(sheet, tmp_path / "epoch_001.png")
    with Image.open(save_film(tmp_path, tmp_path / "film.png", shrink=2)) as film:
        assert film.size == (340, 272) and film.mode == "RGB"


def latents_of_sheets(generator):
    chance = torch.Generator().manual_seed(0)
    return torch.randn(8, generator.latent_dim, generator=chance)[:1]


def test_noise_fades(players, digits):
    images, labels = (torch.from_numpy(a[:64]) for a in digits)
    generator, discriminator = players

    def real(**settings):
        torch.manual_seed(1)
        record = train_step(generator, discriminator, unmoved(players), images, labels, **settings)
        return record["real"].item()

    clear = real(progress=1.0)
    assert real(progress=1.0, noise=0.5) == pytest.approx(clear, abs=1e-6)
    assert real(progress=0.0, noise=0.5) != pytest.approx(clear, abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("classes", [0, 10])
def test_playing_brings_the_drawings_nearer_to_the_digits(mnist, classes):
    torch.manual_seed(0)
    players = Generator(16, 8, classes), Discriminator(8, classes)
    images, labels = mnist.train_images[:6400], mnist.train_labels[:6400]
    wanted = np.arange(200) % 10
    ink = images.mean()
    start = players[0].sample(wanted)
    averaged, history = play(
        players, (images, labels), epochs=3, generator_rate=2e-3, discriminator_rate=1e-3
    )
    drawn = averaged.sample(wanted)
    assert len(history["real"]) == 300 and len(history["seconds"]) == 3
    assert abs(drawn.mean() - ink) < abs(start.mean() - ink) / 3
    corner = [image[:, :3, :3].mean() for image in (start, drawn)]
    assert corner[1] < corner[0] / 4  # paper stays white


def test_both_rates_fall_to_zero_in_the_last_fifth(players, digits):
    rates = []

    def step(*arguments):
        rates.append([adam.param_groups[0]["lr"] for adam in arguments[2]])
        return train_step(*arguments)

    play(players, digits, step, epochs=5, generator_rate=2e-3, discriminator_rate=1e-3)
    shares = [1.0] * 32 + [left / 8 for left in range(8, 0, -1)]
    assert np.allclose(rates, np.outer(shares, [2e-3, 1e-3]))


def test_the_same_seed_plays_the_same_game(digits):
    drawn = []
    for _ in range(2):
        torch.manual_seed(0)
        averaged, _ = play((Generator(16, 4), Discriminator(4)), digits, epochs=1)
        drawn.append(averaged.sample(np.arange(10)))
    assert np.array_equal(*drawn)


def test_the_run_is_logged(players, digits, tmp_path):
    averaged, history = play(
        players, digits, log_dir=tmp_path, score=lambda generator: {"agreement": 0.5}
    )
    assert history["scores"] == {"agreement": [0.5, 0.5]}
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(tmp_path)).Reload()
    tags = events.Tags()
    wanted = {"loss/generator", "loss/discriminator", "D(x)", "D(G(z))", "score/agreement"}
    wanted |= {"learning_rate/generator", "learning_rate/discriminator"}
    assert wanted <= set(tags["scalars"]) and tags["images"] == ["samples"]
    assert len(events.Scalars("D(x)")) == len(history["real"])
    sheets = sorted((tmp_path / "samples").glob("*.png"))
    assert [sheet.name for sheet in sheets] == ["epoch_001.png", "epoch_002.png"]
    for kind in ("gif", "png"):
        with Image.open(save_film(tmp_path / "samples", tmp_path / f"film.{kind}")) as film:
            frames = len(list(ImageSequence.Iterator(film)))
        assert frames == 2 + (kind == "png")  # a still, for who shows no animations
    again = Image.open(
        io.BytesIO(save_sheet(sample_sheet(averaged), tmp_path / "x.png").read_bytes())
    )
    assert np.array_equal(np.array(again), np.array(Image.open(sheets[-1])))


def test_a_film_needs_sheets(tmp_path):
    with pytest.raises(LabError, match="no sheets"):
        save_film(tmp_path, tmp_path / "film.gif")


def test_a_loss_that_is_not_finite_ends_the_run_and_keeps_the_last_good_networks(
    players, digits, capsys
):
    calls = 0

    def breaks(generator, discriminator, *rest):
        nonlocal calls
        calls += 1
        record = train_step(generator, discriminator, *rest)
        if calls == 12:  # in the second of two epochs of eight steps
            for parameter in generator.parameters():
                parameter.data.fill_(float("nan"))
        return record

    averaged, history = play(players, digits, step=breaks)
    said = capsys.readouterr().out
    assert "not finite" in said and "what was learnt by epoch 1 is kept" in said
    assert len(history["seconds"]) == 1
    for network in (*players, averaged):
        assert all(torch.isfinite(p).all() for p in network.state_dict().values())


def test_a_discriminator_that_has_won_is_named():
    def history(real, fake):
        return {"real": [real] * 20, "fake": [fake] * 20}

    assert "has won: D(x) is 0.99" in verdict(history(0.99, 0.01), steps=10)
    assert "has won: D(x) is 0.88" in verdict(history(0.88, 0.01), steps=10)  # its target was 0.9
    assert verdict(history(0.99, 0.01), steps=20) is None  # the first epoch
    assert verdict(history(0.7, 0.2), steps=10) is None


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"seed": "x"}, "seed must be a whole number"),
        ({"epochs": 0}, "epochs must be a whole number"),
        ({"batch_size": 2.5}, "batch_size must be a whole number"),
        ({"generator_rate": np.nan}, "generator_rate must be a finite number"),
        ({"discriminator_rate": -1}, "discriminator_rate must be a finite number"),
        ({"average": None}, "average must be a number"),
    ],
)
def test_settings_that_are_none_are_refused_before_any_work(players, digits, settings, words):
    with pytest.raises(LabError, match=words):
        play(players, digits, lambda *arguments: pytest.fail("it has begun"), **settings)


def test_a_stop_keeps_what_was_learnt(players, digits, capsys):
    calls = 0

    def stop(*arguments):
        nonlocal calls
        calls += 1
        if calls == 12:
            raise KeyboardInterrupt
        return train_step(*arguments)

    averaged, history = play(players, digits, step=stop)
    assert "Stopped in epoch 2" in capsys.readouterr().out
    assert len(history["seconds"]) == 1 and len(history["real"]) == 11 and not averaged.training
    plot_game(history)
    assert averaged.sample(np.arange(3)).shape == (3, 28, 28)


def test_after_a_stop_in_the_middle_of_a_move_the_same_players_go_on(players, digits, capsys):
    def stop(real, drawn):
        raise KeyboardInterrupt

    game = dcgan_game()._replace(generator_loss=stop)
    play(players, digits, step=functools.partial(train_step, game=game))
    assert "Stopped in epoch 1" in capsys.readouterr().out
    before = copy.deepcopy(players[1].state_dict())
    _, history = play(players, digits)
    assert len(history["seconds"]) == 2
    assert not torch.equal(players[1].real.weight, before["real.weight"])


def test_a_move_of_the_generator_leaves_the_discriminator_without_a_gradient(players, digits):
    generator, discriminator = players
    labels = torch.from_numpy(digits[1][:8])
    drawn, adam = generator(torch.randn(8, 16), labels), torch.optim.Adam(generator.parameters())
    move_generator(discriminator, adam, drawn, labels, torch.zeros(8), dcgan_game())
    assert all(weights.grad is None for weights in discriminator.parameters())
    assert all(weights.grad.any() for weights in generator.parameters())


def test_the_averaged_generator_follows_the_other_one(players, digits):
    def step(generator, *others):
        with torch.no_grad():
            for weights in generator.parameters():
                weights += 1
        return {}

    (generator, discriminator), (images, labels) = players, digits
    moves = Play(generator, discriminator, images, labels, step, (1e-3, 1e-3), 0.15, decay=0.2)
    wanted = weight = generator.project.weight[0, 0].item()
    for number, share in enumerate((0.9, 0.85, 0.85)):  # 9 / 10, then 1 - average
        moves.move(torch.arange(8), 0.0, number)
        weight += 1
        wanted += share * (weight - wanted)
    assert moves.averaged.project.weight[0, 0].item() == pytest.approx(wanted, rel=1e-5)


def test_a_file_gives_the_same_generator_back(players, tmp_path):
    generator, _ = players
    path = generator.save(tmp_path / "dcgan.safetensors", epochs=3)
    again = Generator.load(path)
    assert again.facts["epochs"] == 3
    labels = np.arange(10)
    assert np.array_equal(generator.sample(labels), again.sample(labels))


def test_the_committed_generator_draws_the_digit_that_is_asked_for():
    generator = Generator.load(ROOT / "models" / "dcgan.safetensors")
    judge = DigitCNN.load(ROOT / "models" / "cnn.safetensors")
    wanted = np.arange(2000) % 10
    drawn = generator.sample(wanted)
    assert evaluate(judge, drawn, wanted) >= 0.99
    assert len(np.unique(drawn.reshape(2000, -1), axis=0)) == 2000


def test_weights_with_nan_are_never_written_over_good_ones(players, tmp_path):
    generator, _ = players
    path = generator.save(tmp_path / "dcgan.safetensors")
    good = path.read_bytes()
    with torch.no_grad():
        generator.project.weight[0, 0] = torch.nan
    with pytest.raises(LabError, match=r"was not written: project.weight holds NaN") as error:
        generator.save(path)
    assert_one_sentence(error.value, path)
    assert path.read_bytes() == good


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"model": '"DigitCNN"'}, "does not hold the weights of a Generator"),
        ({"latent_dim": "15"}, r"project.weight has the shape \(392, 26\), not \(392, 25\)"),
        ({"width": "-4"}, "can't hold a Generator of latent_dim 16, width -4, classes 10"),
        ({"width": "129"}, "width 129"),
        ({"latent_dim": "1000000000"}, "latent_dim 1000000000"),
        ({"latent_dim": "true"}, "latent_dim True"),
        ({"classes": '"ten"'}, "classes ten"),
        ({"classes": "-1"}, "classes -1"),
        ({"side": "30"}, "side 30"),
        ({"channels": "2"}, "channels 2"),
    ],
)
def test_a_file_of_another_network_is_refused(players, tmp_path, facts, words):
    path = tmp_path / "dcgan.safetensors"
    known = {"model": '"Generator"', "latent_dim": "16", "width": "4", "classes": "10"}
    save_file(players[0].state_dict(), path, known)  # one from before, without side and channels
    assert Generator.load(path).shape == (28, 28)
    save_file(players[0].state_dict(), path, known | facts)
    with pytest.raises(LabError, match=words) as error:
        Generator.load(path)
    assert_one_sentence(error.value, path)


def test_frechet_distance_of_known_distributions():
    chance = np.random.default_rng(0)
    a = chance.normal(size=(200_000, 3)).astype(np.float32)
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-6)
    moved = a + np.array([3, 0, 4], np.float32)
    assert frechet_distance(a, moved) == pytest.approx(25, rel=1e-3)
    # equal means, deviations 1 and 2: the sum of (1 - 2)² over three dimensions
    assert frechet_distance(a, 2 * a) == pytest.approx(3, rel=0.02)


def test_precision_and_recall_tell_the_two_faults_apart():
    chance = np.random.default_rng(0)
    real = chance.normal(size=(500, 2)).astype(np.float32)
    narrow = (0.1 * chance.normal(size=(500, 2))).astype(np.float32)
    precision, recall = precision_recall(real, narrow)
    assert precision > 0.95 and recall < 0.2
    wild = (10 * chance.normal(size=(500, 2))).astype(np.float32)
    precision, recall = precision_recall(real, wild)
    assert precision < 0.3 and recall > 0.8
