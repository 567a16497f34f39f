"""Every metric on both sides: built-in ones anew on the shared images, the user's own as `metrics.json` has them."""

import sys
from collections.abc import Mapping
from typing import NamedTuple

from winnow.evaluation.scores import Score, built_in_scores
from winnow.stats.intervals import Interval
from winnow.verdict.judging.case import Case, estimate
from winnow.verdict.judging.metric_differences import difference_interval
from winnow.verdict.record.evidence import Direction, Estimate, MetricChange

DIRECTIONS: dict[str, Direction] = {
    "accuracy": "higher",
    "balanced_accuracy": "higher",
    "macro_f1": "higher",
    "auroc": "higher",
    "log_loss": "lower",
    "brier": "lower",
    "ece": "lower",
}
"""Built-in metrics, and which way is better."""

_AT_THRESHOLD: dict[str, Direction] = {"sensitivity": "higher", "specificity": "higher"}
"""They rest on a threshold that each side's own validation chose: `metrics.json` alone has them."""

_NO_METRICS = {"schema", "confidence", "threshold", "val_accuracy"}
_COUNTS = "num_"
_ENDS = ("_low", "_high")

Metrics = Mapping[str, object]


class Summaries(NamedTuple):
    """`metrics.json` of both sides; empty where there is none."""

    base: Metrics
    head: Metrics


def metric_changes(case: Case, summaries: Summaries) -> list[MetricChange]:
    """Return the built-in metrics on the shared images, then what else `metrics.json` of either side has."""
    areas = case.areas or (None, None)
    resampling = case.judging.resampling
    sides = zip((case.pair.base, case.pair.head), case.reliabilities, areas, strict=True)
    base, head = ([*built_in_scores(side, rel, resampling, area)] for side, rel, area in sides)
    paired = [_paired(case, before, after) for before, after in zip(base, head, strict=True)]
    # What could not be computed from the shared images (an area of one class) is not known from others either.
    return paired + [change for change in recorded_changes(summaries) if change.name not in DIRECTIONS]


def recorded_changes(summaries: Summaries) -> list[MetricChange]:
    """Return every metric of `metrics.json`, each side on its own test images: there is no paired difference."""
    directions = DIRECTIONS | _AT_THRESHOLD
    names = dict.fromkeys([*directions, *_names(summaries.head), *_names(summaries.base)])
    known = [name for name in names if any(as_number(side.get(name)) is not None for side in summaries)]
    return [
        MetricChange(
            name=name,
            direction=directions.get(name),
            base=_recorded(summaries.base, name),
            head=_recorded(summaries.head, name),
            difference=None,
            is_custom=name not in directions,
        )
        for name in known
    ]


def as_number(value: object) -> float | None:
    """Return a value of `metrics.json` where it is a finite number, else None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # So written, NaN is none, and an integer may have any number of digits.
    return float(value) if abs(value) <= sys.float_info.max else None


def _paired(case: Case, base: Score, head: Score) -> MetricChange:
    return MetricChange(
        name=head.name,
        direction=DIRECTIONS[head.name],
        base=estimate(base.value, base.interval),
        head=estimate(head.value, head.interval),
        difference=estimate(head.value - base.value, difference_interval(case, head.name)),
        is_custom=False,
    )


def _names(side: Metrics) -> list[str]:
    """Return the names of a side's metrics: numbers that are neither counts nor ends of an interval."""
    names = [name for name in side if name not in _NO_METRICS and not name.startswith(_COUNTS)]
    return [name for name in names if not any(name.endswith(end) and name[: -len(end)] in side for end in _ENDS)]


def _recorded(side: Metrics, name: str) -> Estimate | None:
    value, low, high = (as_number(side.get(name + end)) for end in ("", *_ENDS))
    if value is None:
        return None
    return estimate(value, None if low is None or high is None else Interval(low, high))
