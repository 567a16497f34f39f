"""The comparison of two models: an aligned pair in, every block of the verdict that rests on it out."""

import numpy as np

from winnow.metrics.calibration import Reliability
from winnow.records import NotAvailable, Record
from winnow.verdict.judging.case import Case, Judging
from winnow.verdict.judging.flips import confusions, flips, paired_counts
from winnow.verdict.judging.metric_changes import Summaries, metric_changes, recorded_changes
from winnow.verdict.judging.outcome import no_outcome, outcome
from winnow.verdict.judging.share_changes import class_changes, subgroup_changes
from winnow.verdict.record.evidence import (
    Bin,
    Calibration,
    Classes,
    Confusions,
    Flips,
    MetricChange,
    Outcome,
    Paired,
    Subgroups,
    TestSet,
)
from winnow.verdict.sides.alignment import Pair


class Judgement(Record):
    """Blocks of `Verdict`, by the same names."""

    outcome: Outcome
    metrics: list[MetricChange]
    paired: Paired | NotAvailable
    classes: Classes | NotAvailable
    subgroups: list[Subgroups]
    confusions: Confusions | NotAvailable
    flips: Flips | NotAvailable
    test_set: TestSet | NotAvailable
    calibration: Calibration | NotAvailable


def judge(pair: Pair | NotAvailable, judging: Judging, summaries: Summaries) -> Judgement:
    """Return what both models did on the same images; without a pair, what `metrics.json` of both sides tells."""
    if isinstance(pair, NotAvailable):
        return _without_pair(pair, judging, summaries)
    case = Case(pair, judging)
    metrics = metric_changes(case, summaries)
    base, head = case.reliabilities
    return Judgement(
        outcome=outcome(case, metrics),
        metrics=metrics,
        paired=paired_counts(case),
        classes=class_changes(case),
        subgroups=subgroup_changes(case),
        confusions=confusions(case),
        flips=flips(case),
        test_set=pair.test_set,
        calibration=Calibration(base=_bins(base), head=_bins(head)),
    )


def _without_pair(missing: NotAvailable, judging: Judging, summaries: Summaries) -> Judgement:
    metrics = recorded_changes(summaries)
    return Judgement(
        outcome=no_outcome(judging.gate, missing.not_available, metrics),
        metrics=metrics,
        paired=missing,
        classes=missing,
        subgroups=[],
        confusions=missing,
        flips=missing,
        test_set=missing,
        calibration=missing,
    )


def _bins(rel: Reliability) -> list[Bin]:
    return [
        Bin(confidence=min(float(rel.confidence[place]), 1.0), accuracy=float(rel.accuracy[place]), count=int(count))
        for place, count in enumerate(rel.count)
        if count and np.isfinite(rel.confidence[place])
    ]
