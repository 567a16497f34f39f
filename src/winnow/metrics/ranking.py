"""How well a score puts the positive samples above the others."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Scores = NDArray[np.floating]


def placements(scores: Scores, is_positive: NDArray[np.bool_]) -> Floats:
    """Return for each sample [N] the share of the other kind that it is in right order with, ties counting half.

    A positive is in order with the negatives below it, a negative with the positives above it: the structural
    components of DeLong et al., Biometrics 44 (1988) 837-845. Their mean over the positives, and over the negatives,
    is the area under the ROC curve. Needs both kinds.
    """
    positives, negatives = scores[is_positive], scores[~is_positive]
    in_order = np.empty(len(scores))
    in_order[is_positive] = _share_below(positives, negatives)
    in_order[~is_positive] = 1 - _share_below(negatives, positives)
    return in_order


def _share_below(scores: Scores, others: Scores) -> Floats:
    """Return for each of `scores` the share of `others` below it; sorting once makes this O(N log N), not O(N^2)."""
    others = np.sort(others)
    below, not_above = (np.searchsorted(others, scores, side=side) for side in ("left", "right"))
    share: Floats = (below + not_above) / (2 * len(others))
    return share


def auroc(scores: Scores, is_positive: NDArray[np.bool_]) -> float:
    """Return the area under the ROC curve: Hanley & McNeil, Radiology 143 (1982) 29-36. Needs both kinds."""
    return float(placements(scores, is_positive)[is_positive].mean())
