"""How good drawn digits are, measured with our own CNN as the judge.

Features are the CNN's penultimate activations, `DigitCNN.embed(images)`, float32 (N, d).
"""

import numpy as np
import torch


def frechet_distance(real: np.ndarray, drawn: np.ndarray) -> float:
    """Fréchet distance between the normal distributions of two feature sets (N, d), (M, d).

    0 for equal means and covariances. With the features of an Inception network it is the FID
    (Heusel et al., 2017); with those of our CNN we call it classifier-FID.
    """
    real, drawn = real.astype(np.float64), drawn.astype(np.float64)
    mean_r, cov_r = real.mean(0), np.cov(real.T)
    mean_d, cov_d = drawn.mean(0), np.cov(drawn.T)
    values, vectors = np.linalg.eigh(cov_r)
    root = (vectors * np.sqrt(values.clip(0))) @ vectors.T  # cov_r = root @ root
    overlap = np.sqrt(np.linalg.eigvalsh(root @ cov_d @ root).clip(0)).sum()
    return float(((mean_r - mean_d) ** 2).sum() + np.trace(cov_r) + np.trace(cov_d) - 2 * overlap)


def precision_recall(real: np.ndarray, drawn: np.ndarray, k: int = 3) -> tuple[float, float]:
    """Two shares, 0 to 1, from feature sets (N, d) and (M, d) (Kynkäänniemi et al., 2019).

    Precision: how many drawn digits lie among the real ones, nearer to one than that one's
    `k`-th neighbour. Recall: how many real digits lie so among the drawn ones: are all found?
    """
    real, drawn = torch.from_numpy(real), torch.from_numpy(drawn)
    return _share_within(drawn, real, k), _share_within(real, drawn, k)


def _share_within(points: torch.Tensor, others: torch.Tensor, k: int) -> float:
    radius = torch.cdist(others, others).kthvalue(k + 1).values  # each is its own nearest
    return float((torch.cdist(points, others) <= radius).any(1).float().mean())
