"""The simplest reader there is: the answer is whatever lies closest."""

import numpy as np

from .. import LabError


def nearest(queries: np.ndarray, others: np.ndarray) -> np.ndarray:
    """The position (N,) of the closest of the others (M, …) to each of the queries (N, …).

    Closest by the squared distance ‖q − o‖² = ‖q‖² − 2 q·o + ‖o‖² over all pixels; ‖q‖² is the same
    for all others and left out. Raises LabError where they do not fit, or there are no others.
    """
    if queries.shape[1:] != others.shape[1:] or not len(others):
        raise LabError(
            f"queries of shape {queries.shape} have no neighbour among others of {others.shape}."
        )
    queries, others = (
        a.reshape(len(a), -1).astype(np.float32, copy=False) for a in (queries, others)
    )
    squares = (others**2).sum(1)  # (M,)
    blocks = np.array_split(queries, max(1, len(queries) // 250))  # to spare the memory
    return np.concatenate([(squares - 2 * block @ others.T).argmin(1) for block in blocks])
