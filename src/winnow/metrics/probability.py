"""Proper scores of whole probability vectors, sample by sample: the mean is the metric."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Targets = NDArray[np.int64]

_BINARY = 2
LEAST_PROBABILITY = float(np.finfo(np.float32).eps)
"""Probabilities are stored as float32: below its resolution, a zero is only a number too small to write."""


def log_losses(probabilities: NDArray[np.floating], targets: Targets) -> Floats:
    """Return minus the logarithm of each true class's probability [N, K], [N], in nats; at most -log(2**-23) = 15.9."""
    true_class = probabilities[np.arange(len(targets)), targets].astype(np.float64)
    losses: Floats = -np.log(np.clip(true_class, LEAST_PROBABILITY, 1.0))
    return losses


def brier_scores(probabilities: NDArray[np.floating], targets: Targets) -> Floats:
    """Return the squared distance of each probability vector from the truth, [N]; in [0, 2], for two classes [0, 1].

    Brier, Monthly Weather Review 78 (1950) 1-3. Two classes are halved, so that it is the familiar (p - y)^2.
    """
    true_class = probabilities[np.arange(len(targets)), targets].astype(np.float64)
    # |p - e|^2 = |p|^2 - 2 p_true + 1 needs no array of the size of all probabilities.
    squares = np.einsum("nk,nk->n", probabilities, probabilities, dtype=np.float64)
    distances: Floats = np.maximum(squares - 2 * true_class + 1, 0.0)
    return distances / 2 if probabilities.shape[1] == _BINARY else distances
