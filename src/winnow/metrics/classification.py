"""How often the most probable class is right: overall, by class, and averaged over classes.

Means over classes leave out the classes of which the test set holds no image: nothing was learned about them.
An influence function tells what each sample adds to a metric (Hampel, JASA 69 (1974) 383-393); its variance, by
samples or by groups, is the metric's (`stats.intervals.share_interval`).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Targets = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Decisions:
    """True and predicted class of each of N samples, and all that follows from counting them. K classes."""

    targets: Targets
    predicted: Targets
    num_classes: int

    @cached_property
    def correct(self) -> NDArray[np.bool_]:
        """[N]."""
        correct: NDArray[np.bool_] = self.targets == self.predicted
        return correct

    @cached_property
    def support(self) -> NDArray[np.int64]:
        """Samples of each class, [K]."""
        return np.bincount(self.targets, minlength=self.num_classes)

    @cached_property
    def num_predicted(self) -> NDArray[np.int64]:
        """Samples taken for each class, [K]."""
        return np.bincount(self.predicted, minlength=self.num_classes)

    @cached_property
    def true_positives(self) -> NDArray[np.int64]:
        """[K]."""
        return np.bincount(self.targets[self.correct], minlength=self.num_classes)

    @cached_property
    def tested(self) -> NDArray[np.int64]:
        """The classes that have samples, ascending."""
        return np.flatnonzero(self.support)

    @property
    def accuracy(self) -> float:
        """The share of samples that are right."""
        return float(self.correct.mean())

    @cached_property
    def precision(self) -> Floats:
        """[K]; NaN for a class that was never predicted."""
        return _ratio(self.true_positives, self.num_predicted)

    @cached_property
    def recall(self) -> Floats:
        """[K]; NaN for a class without samples."""
        return _ratio(self.true_positives, self.support)

    @cached_property
    def f1(self) -> Floats:
        """2 TP / (samples + predictions), [K]; NaN for a class without samples."""
        return np.where(self.support > 0, _ratio(2 * self.true_positives, self.support + self.num_predicted), np.nan)

    @property
    def balanced_accuracy(self) -> float:
        """The mean recall."""
        return float(self.recall[self.tested].mean())

    @property
    def macro_f1(self) -> float:
        """The mean F1."""
        return float(self.f1[self.tested].mean())

    def balanced_accuracy_influence(self) -> Floats:
        """[N]; sums to zero."""
        scale = len(self.targets) / len(self.tested)
        return scale * (self.correct - self.recall[self.targets]) / self.support[self.targets]

    def macro_f1_influence(self) -> Floats:
        """[N]; sums to zero. A sample counts in its own class and in the one it was taken for."""
        scale = len(self.targets) / len(self.tested)
        is_tested = self.support > 0
        weight = np.where(is_tested, 1 / np.maximum(self.support + self.num_predicted, 1), 0.0)
        f1 = np.where(is_tested, self.f1, 0.0)
        own = (self.correct - f1[self.targets]) * weight[self.targets]
        taken_for = (self.correct - f1[self.predicted]) * weight[self.predicted]
        influence: Floats = scale * (own + taken_for)
        return influence


def _ratio(numerator: NDArray[np.number], denominator: NDArray[np.number]) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(denominator > 0, numerator / denominator, np.nan)
