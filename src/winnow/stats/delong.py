"""Intervals for the area under the ROC curve, binary or averaged over classes, by samples or by whole groups."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from winnow.stats.groups import LEAST, Groups
from winnow.stats.intervals import Interval, critical_value

Floats = NDArray[np.float64]


class MeanAuroc:
    """The mean of the areas of the classes added so far (one-vs-rest); of one class, its own area.

    One sample a group: DeLong, DeLong & Clarke-Pearson, Biometrics 44 (1988) 837-845, exactly. Repeating groups:
    Obuchowski, Biometrics 53 (1997) 567-578, in influence form (her third factor, I/(I-1), is here the geometric mean
    of the first two, which makes the variance a sum of squares: never negative, and additive over classes).
    """

    def __init__(self, groups: Groups) -> None:
        self.groups = groups
        self._influence = np.zeros(groups.count)
        self._sum = 0.0
        self._num_classes = 0
        self._num_known = 0
        self._num_witnesses: list[tuple[int, int]] = []

    def add(self, placements: Floats, is_positive: NDArray[np.bool_]) -> None:
        """Add a class by its `placements` [N] (see `metrics.ranking.placements`)."""
        positive, num_positive = self._deviations(placements, is_positive)
        negative, num_negative = self._deviations(placements, ~is_positive)
        self._sum += float(placements[is_positive].mean())
        self._num_classes += 1
        self._num_witnesses.append((num_positive, num_negative))
        if min(num_positive, num_negative) >= LEAST:
            self._num_known += 1
            self._influence += positive + negative

    def _deviations(self, placements: Floats, rows: NDArray[np.bool_]) -> tuple[Floats, int]:
        """Return what each group adds to the area through samples of one kind, and how many groups have any."""
        codes = self.groups.codes[rows]
        deviations = placements[rows] - placements[rows].mean()
        sums = np.bincount(codes, weights=deviations, minlength=self.groups.count)
        num_groups = int(np.count_nonzero(np.bincount(codes)))
        return sums * np.sqrt(num_groups / max(num_groups - 1, 1)) / len(codes), num_groups

    @property
    def influence(self) -> Floats:
        """What each group adds to the sum of the areas, [G]."""
        return self._influence

    @property
    def value(self) -> float:
        """The mean area."""
        return self._sum / self._num_classes

    @property
    def variance(self) -> float:
        """The variance of the mean area; NaN when no class has two groups of each kind.

        A class with a single witness shows no variance; it counts as varying like the others.
        """
        return self.variance_of(self._influence)

    def variance_of(self, influence: Floats) -> float:
        """Return the variance of a mean over the same classes to which each group adds `influence` [G] in sum."""
        if not self._num_known:
            return float("nan")
        return float(np.sum(influence**2) / (self._num_classes * self._num_known))

    def interval(self, confidence: float) -> Interval | None:
        """Return an interval, or None where the variance is not known.

        On the logit scale, so that it stays inside (0, 1): Pepe, "Statistical Evaluation of Medical Tests" (2003) 5.2.
        """
        if not self._num_known:
            return None
        value, deviation = self.value, np.sqrt(self.variance)
        if not 0 < value < 1:
            return self._perfect(confidence)
        reach = critical_value(confidence, self.groups) * deviation / (value * (1 - value))
        return Interval(float(expit(logit(value) - reach)), float(expit(logit(value) + reach)))

    def _perfect(self, confidence: float) -> Interval | None:
        """Return an exact interval where all pairs are in order (or none is) and DeLong's variance is zero.

        Pairs that share no group are independent trials, and all came out the same: Clopper & Pearson, Biometrika 26
        (1934) 404-413. Of several classes each gives equally many pairs, with half of its groups as positives.
        """
        if self._num_classes == 1:
            pairs = min(*self._num_witnesses[0], self.groups.count // 2)
        else:
            fewest = min(positive for positive, _ in self._num_witnesses)
            pairs = self._num_classes * min(fewest // 2, self.groups.count // (2 * self._num_classes))
        if pairs == 0:
            return None
        bound = float(((1 - confidence) / 2) ** (1 / pairs))
        return Interval(bound, 1.0) if self.value > 0 else Interval(0.0, 1 - bound)


def auroc_difference_interval(base: MeanAuroc, head: MeanAuroc, confidence: float) -> Interval | None:
    """Return an interval for the area of `head` minus that of `base`, on the same samples, groups and classes.

    The variance is that of the difference of the influences, so that what both have in common cancels: DeLong et al.,
    equation 5 (the contrast of two correlated areas). None where either variance is not known. Where both areas are
    perfect, neither may be below its exact bound, and so their difference is not beyond it.
    """
    own, other = head.interval(confidence), base.interval(confidence)
    if own is None or other is None:
        return None
    if base.value == head.value and base.value in (0.0, 1.0):
        reach = own.high - own.low
    else:
        deviation = np.sqrt(head.variance_of(head.influence - base.influence))
        reach = critical_value(confidence, head.groups) * deviation
    difference = head.value - base.value
    return Interval(max(-1.0, float(difference - reach)), min(1.0, float(difference + reach)))
