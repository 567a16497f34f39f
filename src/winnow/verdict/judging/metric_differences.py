"""How far a metric of the head differs from the base's on the same images: its interval, and the p of no difference.

Two models that are equally good could swap their answers to any group of images. So the test swaps them: exactly for
accuracy (McNemar's, where no group repeats), by seeded draws for the other means of images, by DeLong for the area
under the ROC curve. Intervals are those of means over images, of influence functions where the metric is no mean.
"""

import numpy as np
from numpy.typing import NDArray

from winnow.evaluation.predictions import Predictions
from winnow.metrics.classification import Decisions
from winnow.metrics.probability import brier_scores, log_losses
from winnow.stats.bootstrap import total_gap_difference_interval
from winnow.stats.delong import MeanAuroc, auroc_difference_interval
from winnow.stats.intervals import Interval
from winnow.stats.laws import t_tail
from winnow.stats.paired import exact_flip_p, mean_difference_interval, paired_share_interval, sampled_flip_p
from winnow.verdict.judging.case import Case

Floats = NDArray[np.float64]

_MEANS_OF_SHARES = ("balanced_accuracy", "macro_f1")


def difference_interval(case: Case, metric: str) -> Interval | None:
    """Return the interval of head minus base for a built-in `metric`; None where it cannot be known."""
    judging, groups = case.judging, case.groups
    if metric == "accuracy":
        return paired_share_interval(case.differences, groups, judging.confidence)
    if metric == "auroc":
        return None if case.areas is None else auroc_difference_interval(*case.areas, judging.confidence)
    if metric == "ece":
        return _calibration_interval(case)
    values = _linearised(case, metric)
    if metric not in _MEANS_OF_SHARES:
        return mean_difference_interval(values, groups, judging.confidence, pseudo_weight=0.0)
    interval = mean_difference_interval(values, groups, judging.confidence, pseudo_weight=_flip_weight(case))
    return None if interval is None else Interval(max(interval.low, -1.0), min(interval.high, 1.0))


def no_difference_p(case: Case, metric: str) -> float:
    """Return how probable a difference as large as the one seen is between equal models, two-sided."""
    judging, groups = case.judging, case.groups
    if metric == "accuracy":
        return exact_flip_p(np.rint(groups.sums(case.differences.astype(np.float64))).astype(np.int64))
    if metric == "auroc":
        return 1.0 if case.areas is None else _delong_p(case, *case.areas)
    sums = groups.sums(_contributions(case, metric))
    return sampled_flip_p(sums, num_samples=judging.bootstrap_samples, seed=judging.seed)


def _calibration_interval(case: Case) -> Interval | None:
    base, head = case.reliabilities
    gaps, bins = np.stack([base.gaps, head.gaps]), np.stack([base.bins, head.bins])
    return total_gap_difference_interval(gaps, bins, len(head.count), case.groups, case.judging.resampling)


def _delong_p(case: Case, base: MeanAuroc, head: MeanAuroc) -> float:
    """Return the p of DeLong's test for two correlated areas, over whole groups by Student's t."""
    difference, groups = abs(head.value - base.value), case.groups
    variance = head.variance_of(head.influence - base.influence)
    if difference == 0 or np.isnan(variance):
        return 1.0
    if variance == 0:
        # All in order against none: each of so many pairs that share no image could as well have gone the other way.
        support = case.pair.head.decisions.support
        pairs = min(int(support[support > 0].min()), len(case) - int(support.max()), groups.count // 2)
        return float(min(1.0, 2 * 0.5**pairs))
    freedom = groups.count - 1 if groups.repeat else np.inf
    return 2 * t_tail(float(difference / np.sqrt(variance)), freedom)


def _flip_weight(case: Case) -> float:
    """Return what one image moves a mean over classes by, times N: the root mean square over the tested classes."""
    decisions = case.pair.head.decisions
    weights = len(case) / (len(decisions.tested) * decisions.support[decisions.tested])
    return float(np.sqrt(np.mean(weights**2)))


def _contributions(case: Case, metric: str) -> Floats:
    """Return what each image adds to the difference of a metric, [N]: the mean is the difference.

    It is zero where both models say the same, and changes its sign when they swap their answers.
    """
    base, head = case.pair.base, case.pair.head
    if metric == "balanced_accuracy":
        support, targets = head.decisions.support, case.targets
        return len(case) / len(head.decisions.tested) * case.differences / support[targets]
    if metric == "macro_f1":
        return _f1_contributions(base.decisions, head.decisions)
    return _losses(head, metric) - _losses(base, metric)


def _f1_contributions(base: Decisions, head: Decisions) -> Floats:
    """Return what each image adds to the difference of the macro-F1.

    With J right answers and U = images + answers of a class, F1 = 2 J / U, and exactly
    F1' - F1 = (J' - J) (1 / U' + 1 / U) - (U' - U) (J' + J) / (U' U): a sum over images.
    """
    size_base, size_head = (np.maximum(side.support + side.num_predicted, 1) for side in (base, head))
    is_tested = head.support > 0
    per_right = np.where(is_tested, 1 / size_head + 1 / size_base, 0.0)
    both_right = base.true_positives + head.true_positives
    per_answer = np.where(is_tested, both_right / (size_head * size_base.astype(np.float64)), 0.0)
    right = per_right[head.targets] * (head.correct.astype(np.float64) - base.correct)
    answers: Floats = right - (per_answer[head.predicted] - per_answer[base.predicted])
    return len(head.targets) / len(head.tested) * answers


def _linearised(case: Case, metric: str) -> Floats:
    """Return per-image values [N] whose mean is the difference, and whose spread is that of its estimate."""
    base, head = case.pair.base.decisions, case.pair.head.decisions
    if metric == "balanced_accuracy":
        influence = head.balanced_accuracy_influence() - base.balanced_accuracy_influence()
        return influence + (head.balanced_accuracy - base.balanced_accuracy)
    if metric == "macro_f1":
        influence = head.macro_f1_influence() - base.macro_f1_influence()
        return influence + (head.macro_f1 - base.macro_f1)
    return _contributions(case, metric)


def _losses(side: Predictions, metric: str) -> Floats:
    score = {"log_loss": log_losses, "brier": brier_scores}[metric]
    return score(side.probabilities, side.targets)
