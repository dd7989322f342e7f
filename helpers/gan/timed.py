"""A game that lasts for so many seconds of a processor, so that different games compare."""

import time
from collections.abc import Callable
from typing import Protocol

import numpy as np
import torch

from ..recogniser import Recogniser, check_counts, check_digits, check_numbers, evaluate
from ..training_run import History, one_thread
from .networks import Discriminator, Generator
from .scores import kernel_distance
from .training import Play, Score, Step, note_scores


class Reader(Recogniser, Protocol):
    """Who reads images, and says what of them it decides on: `DigitCNN`."""

    def embed(self, images: np.ndarray) -> np.ndarray: ...


def judged_by(judge: Reader, real_images: np.ndarray) -> Score:
    """A score for generators: as many images are drawn as there are real ones, (N, …).

    `KID`, times 1000, is the kernel distance of the judge's features; for real images it would lie
    around 0. `agreement` is the share, 0 to 1, in which the judge reads the class that was wanted.
    """
    real, wanted = judge.embed(real_images), np.arange(len(real_images)) % 10

    def score(generator: Generator) -> dict[str, float]:
        images = generator.sample(wanted, seed=1)
        distance = 1000 * kernel_distance(real, judge.embed(images))
        return {"KID": distance, "agreement": evaluate(judge, images, wanted)}

    return score


@one_thread()
def play_for(
    seconds: float,
    generator: Generator,
    discriminator: Discriminator,
    images: np.ndarray,
    labels: np.ndarray,
    step: Step,
    *,
    batch_size: int = 64,
    rates: tuple[float, float] = (1e-3, 4e-4),
    seed: int = 0,
    score: Score | None = None,
    scores: int = 6,
    progress: Callable[[float, History], None] | None = None,
) -> tuple[Generator, History]:
    """`fit_gan` by the clock, with rates of its own: the averaged generator, and the history.

    `seconds` are of a processor, not of a clock on the wall, and of one thread, so that a second is
    a second of work; they count the steps alone: a machine that is busy otherwise, pictures and
    scores take nothing from a game. The learning rates of generator and discriminator fall to zero
    in the second half. `score` measures the averaged generator `scores` times, at equal distances,
    the last time at the end. The history has the `loss` of the discriminator and the `time` of each
    step, and, for each score, its `score_time` and `scores`. Raises LabError for bad arguments.
    """
    images, labels = check_digits(images, labels, generator.classes or 10, generator.shape)
    check_counts(batch_size=batch_size, scores=scores)
    check_counts(0, seed=seed)
    check_numbers(seconds=seconds, generator_rate=rates[0], discriminator_rate=rates[1])
    torch.manual_seed(seed)
    for player in (generator, discriminator):
        player.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        player.train()
    play = Play(generator, discriminator, images, labels, step, rates, average=0.999, decay=0.5)
    play.averaged.eval()
    history: History = {"loss": [], "time": [], "score_time": [], "scores": {}}
    spent = 0.0
    while spent < seconds:
        start, done = time.process_time(), spent / seconds
        batch = torch.randint(len(images), (batch_size,))
        record = play.move(batch, done, len(history["loss"]))
        history["loss"].append(record["discriminator_loss"].item())
        spent += time.process_time() - start
        history["time"].append(spent)
        if spent >= seconds * (len(history["score_time"]) + 1) / scores or spent >= seconds:
            history["score_time"].append(spent)
            note_scores(history, score, play.averaged)
        if progress:
            progress(min(1, spent / seconds), history)
    return play.averaged, history
