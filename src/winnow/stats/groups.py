"""Which samples are one witness: images that share a patient, a scene or a session are not independent."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEAST = 2
"""With fewer groups nothing can be said about how much another draw of groups would differ."""


@dataclass(frozen=True)
class Groups:
    """The group of each of N samples, as a code in [0, count)."""

    codes: NDArray[np.int64]
    count: int

    @property
    def repeat(self) -> bool:
        """Whether any group holds more than one sample. If none does, the samples are independent."""
        return self.count < len(self.codes)

    def of(self, rows: NDArray[np.bool_]) -> "Groups":
        """Return the groups of some of the samples, coded anew."""
        return _coded(self.codes[rows])

    def sums(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sum of per-sample `values` [N] within each group, [count]."""
        return np.bincount(self.codes, weights=values, minlength=self.count).astype(np.float64)

    def variance_of_mean(self, values: NDArray[np.float64]) -> float:
        """Return the variance of the mean of `values` [N] over draws of whole groups; NaN with fewer than two groups.

        Linearisation ("sandwich") with the factor G/(G-1): Liang & Zeger, Biometrika 73 (1986) 13-22. Where no group
        repeats it is s^2/N. `values` may be the influence function of any estimator: then it is that one's variance.
        """
        if self.count < LEAST:
            return float("nan")
        sums = self.sums(values - values.mean())
        return float(self.count / (self.count - 1) * np.sum(sums**2) / len(values) ** 2)


def group_samples(names: Sequence[str]) -> Groups:
    """Return the groups called `names`; a sample whose name is empty is a group of its own."""
    texts = np.asarray(names, dtype=np.str_)
    unique, codes = np.unique(texts, return_inverse=True)
    alone = texts == ""
    codes[alone] = len(unique) + np.arange(np.count_nonzero(alone))
    return _coded(codes)


def independent(num_samples: int) -> Groups:
    """Return samples that are all independent of one another."""
    return Groups(np.arange(num_samples, dtype=np.int64), num_samples)


def _coded(codes: NDArray[np.int64]) -> Groups:
    unique, positions = np.unique(codes, return_inverse=True)
    return Groups(positions.astype(np.int64), len(unique))
