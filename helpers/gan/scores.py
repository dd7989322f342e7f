"""How good drawn digits are, measured with our own CNN as the judge.

Features are the CNN's penultimate activations, `DigitCNN.embed(images)`, float32 (N, d). Distances
depend on how many digits there are: compare those of equally many, real against real as the mark.
"""

import numpy as np
import torch


def frechet_distance(real: np.ndarray, drawn: np.ndarray) -> float:
    """Fréchet distance between the normal distributions of two feature sets (N, d), (M, d).

    0 for equal means and covariances. With the features of an Inception network it is the FID
    (Heusel et al., 2017); with those of our CNN we call it classifier-FID. Too few digits make it
    too large, by an amount that falls like 1 / N.
    """
    real, drawn = real.astype(np.float64), drawn.astype(np.float64)
    mean_r, cov_r = real.mean(0), np.cov(real.T)
    mean_d, cov_d = drawn.mean(0), np.cov(drawn.T)
    values, vectors = np.linalg.eigh(cov_r)
    root = (vectors * np.sqrt(values.clip(0))) @ vectors.T  # cov_r = root @ root
    overlap = np.sqrt(np.linalg.eigvalsh(root @ cov_d @ root).clip(0)).sum()
    return float(((mean_r - mean_d) ** 2).sum() + np.trace(cov_r) + np.trace(cov_d) - 2 * overlap)


def frechet_at(real: np.ndarray, drawn: np.ndarray, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of digits n, int64 (5,), and the Fréchet distance of n against n digits, (5,).

    n goes from a quarter of the smaller set to all of it, evenly in 1 / n; which digits, is chance.
    """
    chance, most = np.random.default_rng(seed), min(len(real), len(drawn))
    numbers = np.round(most / np.linspace(4, 1, 5)).astype(int)
    pairs = [[chance.permutation(s)[:n] for s in (real, drawn)] for n in numbers]
    return numbers, np.array([frechet_distance(*pair) for pair in pairs])


def extrapolated_distance(real: np.ndarray, drawn: np.ndarray, seed: int = 0) -> float:
    """The Fréchet distance that infinitely many digits would have (Chong and Forsyth, 2020).

    It is where the straight line through `frechet_at`, drawn over 1 / n, meets 0. For two sets of
    the same kind it lies around 0, also below.
    """
    numbers, distances = frechet_at(real, drawn, seed)
    return float(np.polyfit(1 / numbers, distances, 1)[1])


def kernel_distance(real: np.ndarray, drawn: np.ndarray) -> float:
    """KID, the squared maximum mean discrepancy of feature sets (N, d), (M, d).

    With the kernel (x · y / d + 1)³ and without bias: for two sets of the same kind it lies around
    0, however few they are (Bińkowski et al., 2018).
    """
    real, drawn = torch.from_numpy(real), torch.from_numpy(drawn)
    within = sum(_kernel_sum(s, s, drop_self=True) / (len(s) * (len(s) - 1)) for s in (real, drawn))
    return within - 2 * _kernel_sum(real, drawn) / (len(real) * len(drawn))


def precision_recall(real: np.ndarray, drawn: np.ndarray, k: int = 3) -> tuple[float, float]:
    """Two shares, 0 to 1, from feature sets (N, d) and (M, d) (Kynkäänniemi et al., 2019).

    Precision: how many drawn digits lie among the real ones, nearer to one than that one's
    `k`-th neighbour. Recall: how many real digits lie so among the drawn ones: are all found?
    """
    real, drawn = torch.from_numpy(real), torch.from_numpy(drawn)
    return _share_within(drawn, real, k), _share_within(real, drawn, k)


def nearest_distances(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    """How far each feature vector (N, d) is from the nearest of the others (M, d): float32 (N,).

    A generator that copies would be as near to its training digits as no new digit is.
    """
    points, others = torch.from_numpy(points), torch.from_numpy(others)
    parts = [torch.cdist(part, others).amin(1) for part in points.split(500)]
    return torch.cat(parts).numpy()


def _kernel_sum(a: torch.Tensor, b: torch.Tensor, drop_self: bool = False) -> float:
    total, d = 0.0, a.shape[1]
    for part in a.split(1000):
        total += ((part @ b.T / d + 1) ** 3).sum(dtype=torch.float64).item()
    own = ((a.square().sum(1) / d + 1) ** 3).sum(dtype=torch.float64).item() if drop_self else 0
    return total - own


def _share_within(points: torch.Tensor, others: torch.Tensor, k: int) -> float:
    radius = torch.cdist(others, others).kthvalue(k + 1).values  # each is its own nearest
    return float((torch.cdist(points, others) <= radius).any(1).float().mean())
