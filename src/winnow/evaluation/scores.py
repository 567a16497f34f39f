"""The metrics of one split, each with its interval.

A score is a name, a value and, where the data allow one, an interval; `metrics.json` spells it `x`, `x_low`, `x_high`.
"""

from dataclasses import dataclass

import numpy as np

from winnow.evaluation.predictions import Predictions
from winnow.metrics.calibration import Reliability, reliability
from winnow.metrics.classification import Decisions
from winnow.metrics.probability import brier_scores, log_losses
from winnow.metrics.ranking import placements
from winnow.stats.bootstrap import Resampling, total_gap_interval
from winnow.stats.delong import MeanAuroc
from winnow.stats.groups import Groups
from winnow.stats.intervals import Interval, Shares, mean_interval, share_interval, stratified_shares

_BINARY = 2


@dataclass(frozen=True)
class Score:
    """One number and how far to trust it."""

    name: str
    value: float
    interval: Interval | None


def built_in_scores(
    test: Predictions, rel: Reliability, resampling: Resampling, area: MeanAuroc | None = None
) -> list[Score]:
    """Return all that is computed for every data set; `area` is `mean_area(test)`, where it is known already."""
    confidence, decisions, groups = resampling.confidence, test.decisions, test.groups
    log_loss = log_losses(test.probabilities, test.targets)
    brier = brier_scores(test.probabilities, test.targets)
    gap = total_gap_interval(rel.gaps, rel.bins, len(rel.count), groups, resampling)
    return [
        share_score("accuracy", decisions.correct, groups, confidence),
        *_class_means(decisions, groups, confidence),
        *_auroc(area or mean_area(test), confidence),
        Score("log_loss", float(log_loss.mean()), mean_interval(log_loss, groups, confidence)),
        Score("brier", float(brier.mean()), mean_interval(brier, groups, confidence)),
        Score("ece", rel.calibration_error, gap),
    ]


def split_reliability(predictions: Predictions, num_bins: int) -> Reliability:
    """Return how confidence and accuracy go together."""
    return reliability(predictions.probabilities.max(axis=1), predictions.decisions.correct, num_bins)


def bin_accuracy(predictions: Predictions, rel: Reliability, confidence: float) -> Shares:
    """Return the accuracy within each bin, with intervals, [B]."""
    return stratified_shares(predictions.decisions.correct, rel.bins, len(rel.count), predictions.groups, confidence)


def share_score(name: str, success: np.ndarray, groups: Groups, confidence: float) -> Score:
    """Return the share of `success` [N], booleans."""
    shares = stratified_shares(success, np.zeros(len(success), dtype=np.int64), 1, groups, confidence)
    low, high = float(shares.low[0]), float(shares.high[0])
    return Score(name, float(shares.value[0]), None if np.isnan(low) else Interval(low, high))


def _class_means(decisions: Decisions, groups: Groups, confidence: float) -> list[Score]:
    # The groups that witness each class decide how little a perfect score may prove.
    pairs = np.unique(decisions.targets * groups.count + groups.codes)
    witnesses = np.bincount(pairs // groups.count, minlength=decisions.num_classes)[decisions.tested]
    least_size = float(len(witnesses) ** 2 / np.sum(1 / witnesses))

    def score(name: str, value: float, influence: np.ndarray) -> Score:
        interval = share_interval(value, influence, groups, least_size=least_size, confidence=confidence)
        return Score(name, value, interval)

    return [
        score("balanced_accuracy", decisions.balanced_accuracy, decisions.balanced_accuracy_influence()),
        score("macro_f1", decisions.macro_f1, decisions.macro_f1_influence()),
    ]


def mean_area(test: Predictions) -> MeanAuroc | None:
    """Return the area of two classes, or the mean one-vs-rest area; None where all images are of one class."""
    decisions = test.decisions
    if len(decisions.tested) < _BINARY:
        return None
    area = MeanAuroc(test.groups)
    # Of two classes either one gives the same area.
    for label in decisions.tested[-1:] if len(test.classes) == _BINARY else decisions.tested:
        is_positive = test.targets == label
        area.add(placements(test.probabilities[:, label], is_positive), is_positive)
    return area


def _auroc(area: MeanAuroc | None, confidence: float) -> list[Score]:
    return [] if area is None else [Score("auroc", area.value, area.interval(confidence))]
