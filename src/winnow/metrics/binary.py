"""Two classes: where to cut the positive class's probability."""

import numpy as np
from numpy.typing import NDArray

HALF = 0.5


def youden_threshold(scores: NDArray[np.floating], is_positive: NDArray[np.bool_]) -> float:
    """Return the threshold that maximises sensitivity + specificity: Youden, Cancer 3 (1950) 32-35.

    A sample is called positive when its score reaches the threshold. Thresholds lie half-way between neighbouring
    scores, so that they generalise; of several equal ones, the nearest to 0.5. Needs both kinds.
    """
    values = np.unique(scores.astype(np.float64))
    cuts = np.concatenate([[0.0], (values[1:] + values[:-1]) / 2, [1.0]])
    positives = np.sort(scores[is_positive].astype(np.float64))
    negatives = np.sort(scores[~is_positive].astype(np.float64))
    sensitivity = 1 - np.searchsorted(positives, cuts, side="left") / len(positives)
    specificity = np.searchsorted(negatives, cuts, side="left") / len(negatives)
    youden = sensitivity + specificity
    best = np.flatnonzero(youden >= youden.max() - np.finfo(np.float64).eps * 8)
    return float(cuts[best[np.argmin(np.abs(cuts[best] - HALF))]])
