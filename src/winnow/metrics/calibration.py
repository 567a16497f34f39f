"""Whether a confidence of 80 % means being right in 80 % of the cases."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Reliability:
    """Confidence (the largest probability) against accuracy, in bins of equal width."""

    bins: NDArray[np.int64]
    """[N], the bin of each sample; bin b holds confidences in (b/B, (b+1)/B]."""
    gaps: Floats
    """[N], confidence minus correctness."""
    count: NDArray[np.int64]
    """[B], samples."""
    confidence: Floats
    """[B], mean; NaN in an empty bin."""
    accuracy: Floats
    """[B], mean; NaN in an empty bin."""

    @property
    def calibration_error(self) -> float:
        """The expected calibration error: |accuracy - confidence|, averaged over samples bin by bin.

        Naeini, Cooper & Hauskrecht, AAAI (2015) 2901-2907; Guo et al., ICML (2017) 1321-1330.
        """
        sums = np.bincount(self.bins, weights=self.gaps, minlength=len(self.count))
        return float(np.abs(sums).sum() / len(self.gaps))


def reliability(confidences: Floats, correct: NDArray[np.bool_], num_bins: int) -> Reliability:
    """Return the reliability of `confidences` [N], of which `correct` [N] came true."""
    confidences = confidences.astype(np.float64)
    bins = np.clip(np.ceil(confidences * num_bins).astype(np.int64) - 1, 0, num_bins - 1)
    count = np.bincount(bins, minlength=num_bins)
    with np.errstate(invalid="ignore"):
        confidence = np.bincount(bins, weights=confidences, minlength=num_bins) / count
        accuracy = np.bincount(bins, weights=correct, minlength=num_bins) / count
    return Reliability(bins, confidences - correct, count, confidence, accuracy)
