"""The CSV files beside `metrics.json`: small, sorted, the same bytes for the same predictions, drawn by `dvc plots`."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from winnow.evaluation.predictions import Predictions
from winnow.files import write_text
from winnow.metrics.calibration import Reliability
from winnow.metrics.confusion import confusion_counts
from winnow.stats.groups import Groups
from winnow.stats.intervals import Shares, stratified_shares

DIGITS = 6


@dataclass(frozen=True)
class PerClass:
    """Every class on its own, in the order of the classes; [K] each."""

    labels: list[str]
    support: np.ndarray
    precision: Shares
    recall: Shares
    f1: Shares


def per_class(test: Predictions, confidence: float) -> PerClass:
    """Return precision, recall and F1 of each class, NaN where it has no images (precision: was never predicted).

    F1 is 2 J / (1 + J) for the share J of right answers among the images that are of the class or were taken for it:
    Hand, Christen & Kirielle, Machine Learning 110 (2021) 451-456. J is a share, so its interval gives that of F1.
    """
    decisions, groups, num_classes = test.decisions, test.groups, len(test.classes)
    correct, wrong = decisions.correct, ~decisions.correct
    union = Groups(np.concatenate([groups.codes, groups.codes[wrong]]), groups.count)
    jaccard = stratified_shares(
        np.concatenate([correct, correct[wrong]]),
        np.concatenate([decisions.targets, decisions.predicted[wrong]]),
        num_classes,
        union,
        confidence,
    )
    untested = np.where(decisions.support > 0, 1.0, np.nan)
    value, low, high = (2 * share / (1 + share) * untested for share in (jaccard.value, jaccard.low, jaccard.high))
    return PerClass(
        labels=test.classes,
        support=decisions.support,
        precision=stratified_shares(correct, decisions.predicted, num_classes, groups, confidence),
        recall=stratified_shares(correct, decisions.targets, num_classes, groups, confidence),
        f1=Shares(value, jaccard.size, low, high),
    )


def write_per_class(path: Path, classes: PerClass) -> None:
    """Write `label,support,precision,precision_low,precision_high,recall,…,f1,…`; what is not known stays empty."""
    names = ("precision", "recall", "f1")
    shares: list[Shares] = [getattr(classes, name) for name in names]
    header = ["label", "support", *(f"{name}{end}" for name in names for end in ("", "_low", "_high"))]
    columns = [column for share in shares for column in (share.value, share.low, share.high)]
    rows = zip(classes.labels, classes.support, *columns, strict=True)
    _write(path, header, rows)


def write_confusion(path: Path, test: Predictions) -> None:
    """Write `actual,predicted,count` for each pair that occurs.

    Counts, not a row an image: as small for 70,000 images as for 700, and a pull request shows which cell moved.
    """
    decisions = test.decisions
    counts = confusion_counts(decisions.targets, decisions.predicted, len(test.classes))
    cells = np.argwhere(counts)
    rows = ((test.classes[actual], test.classes[taken_for], counts[actual, taken_for]) for actual, taken_for in cells)
    _write(path, ["actual", "predicted", "count"], rows)


def write_reliability(path: Path, rel: Reliability, accuracy: Shares) -> None:
    """Write `bin,confidence,accuracy,accuracy_low,accuracy_high,count` for each bin that holds images, from 1."""
    header = ["bin", "confidence", "accuracy", "accuracy_low", "accuracy_high", "count"]
    shares = (accuracy.value, accuracy.low, accuracy.high)
    rows = zip(range(1, len(rel.count) + 1), rel.confidence, *shares, rel.count, strict=True)
    _write(path, header, (row for row in rows if row[-1]))


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([_cell(value) for value in row] for row in rows)
    write_text(path, text.getvalue())


def _cell(value: object) -> object:
    if isinstance(value, float):
        return "" if np.isnan(value) else f"{value:.{DIGITS}f}"
    return value
