"""Learning curves of both sides, and confidence against accuracy."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from winnow.markup.blocks import Block, Chart, Line, Row, Series
from winnow.markup.mermaid import COLOURS
from winnow.verdict.account.words import UNKNOWN, metric_name, value_text
from winnow.verdict.record.context import Curve
from winnow.verdict.record.evidence import Bin, Calibration

_MAX_METRICS = 6
_MAX_NAME = 40
_TENTHS = 10
_SERIES = {"train": "training", "val": "validation", "": ""}


def curves_block(curves: list[Curve]) -> Block:
    """Return one chart a metric: of its validation series where there is one."""
    chosen = list(_chosen(curves))
    lines: list[Line] = [(f"base {COLOURS[0][0]}, head {COLOURS[1][0]}",)] if chosen else []
    lines += [_told(curve) for curve in chosen]
    charts = [_chart(curve) for curve in chosen]
    return Block("Learning curves", lines, charts=charts, digest=(f"{len(chosen):,} charts",), is_folded=True)


def _chosen(curves: Sequence[Curve]) -> Iterator[Curve]:
    """Yield a curve a metric: a validation series before one without a name before a training series."""
    by_metric: dict[str, list[Curve]] = defaultdict(list)
    for curve in curves:
        by_metric[curve.metric].append(curve)
    order = ("val", "", "train")
    for listed in list(by_metric.values())[:_MAX_METRICS]:
        yield min(listed, key=lambda curve: order.index(curve.series))


def _chart(curve: Curve) -> Chart:
    # Numbers and words of ours only: of a foreign name letters, digits and spaces are left.
    name = re.sub(r"[^A-Za-z0-9]+", " ", curve.metric)[:_MAX_NAME].strip() or "metric"
    sides = (("base", curve.base_steps, curve.base), ("head", curve.steps, curve.head))
    series = [Series(side, sorted(zip(steps, values, strict=False))) for side, steps, values in sides]
    return Chart(f"{_SERIES[curve.series]} {name}".strip(), "step", name, series)


def _told(curve: Curve) -> Line:
    """Return where both sides end: what a reader without the chart must know."""
    ends = [value_text(values[-1]) if values else UNKNOWN for values in (curve.base, curve.head)]
    lengths = [len(values) for values in (curve.base, curve.head)]
    points = f", {lengths[0]:,} -> {lengths[1]:,} points" if lengths[0] and lengths[0] != lengths[1] else ""
    return (
        f"{_SERIES[curve.series]} ".lstrip(),
        metric_name(curve.metric),
        f" at the end: {ends[0]} -> {ends[1]}{points}",
    )


def calibration_block(calibration: Calibration) -> Block:
    """Return how often answers of a confidence are right, by tenths of confidence, on both sides."""
    base, head = _tenths(calibration.base), _tenths(calibration.head)
    rows: list[Row] = [
        (f"{tenth / _TENTHS:.1f} to {(tenth + 1) / _TENTHS:.1f}", *_cells(base.get(tenth)), *_cells(head.get(tenth)))
        for tenth in sorted({*base, *head})
    ]
    sides = (("base", base), ("head", head))
    series = [
        Series(side, [(each.confidence, each.accuracy) for _, each in sorted(bins.items())]) for side, bins in sides
    ]
    ends = [point for each in series for point, _ in each.points]
    perfect = Series("perfect", [(end, end) for end in (min(ends), max(ends))] if ends else [])
    legend = ", ".join(f"{each.name} {colour}" for each, (colour, _) in zip((*series, perfect), COLOURS, strict=False))
    return Block(
        "Calibration",
        [(f"right answers by confidence: {legend}",)],
        ("confidence", "base right", "images", "head right", "images"),
        rows,
        "lrrrr",
        charts=[Chart("accuracy by confidence", "confidence", "accuracy", [*series, perfect])],
        digest=("confidence against accuracy",),
        is_folded=True,
    )


def _tenths(bins: Sequence[Bin]) -> dict[int, Bin]:
    """Return bins of any width as tenths, by number: the two sides' own bins need not meet."""
    groups: dict[int, list[Bin]] = defaultdict(list)
    for each in bins:
        groups[min(_TENTHS - 1, int(each.confidence * _TENTHS + 1e-9))].append(each)
    return {tenth: _merged(listed) for tenth, listed in groups.items()}


def _merged(bins: Sequence[Bin]) -> Bin:
    count = sum(each.count for each in bins)
    means = [
        min(1.0, sum(getattr(each, name) * each.count for each in bins) / count) if count else 0.0
        for name in ("confidence", "accuracy")
    ]
    return Bin(confidence=means[0], accuracy=means[1], count=count)


def _cells(found: Bin | None) -> tuple[str, str]:
    return (UNKNOWN, "0") if found is None else (f"{found.accuracy:.2f}", f"{found.count:,}")
