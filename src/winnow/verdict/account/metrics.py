"""The metrics of both sides, and the two models on the same images."""

from winnow.markup.blocks import Block, Line, Row, Strong, Symbol
from winnow.verdict.account.words import (
    POINT,
    UNKNOWN,
    difference_text,
    estimate_text,
    has_points,
    metric_name,
    plural,
    share_text,
)
from winnow.verdict.record.evidence import Detectable, MetricChange, Paired


def metrics_block(metrics: list[MetricChange], confidence: float) -> Block:
    """Return one row a metric, with intervals; differences of shares are in points."""
    lines: list[Line] = [(f"in brackets: intervals of {confidence * POINT:g} %, each by itself",)]
    header, align = ("metric", "base", "head", "difference", ""), "lrrrl"
    rows = [_row(each) for each in metrics]
    if not any(each.base for each in metrics):
        return Block("Metrics", lines, ("metric", "head"), [(row[0], row[2]) for row in rows], "lr")
    if not any(each.difference for each in metrics):
        lines.append(("not measured on the same images: no difference is told",))
        return Block("Metrics", lines, header[:3], [row[:3] for row in rows], align[:3])
    return Block("Metrics", lines, header, rows, align)


def _row(change: MetricChange) -> Row:
    in_points = has_points(change.name)
    difference = difference_text(change.difference, in_points=in_points)
    unit = " points" if in_points and change.difference else ""
    sides = (estimate_text(change.base), estimate_text(change.head))
    return (metric_name(change.name), *sides, difference + unit, _direction(change))


def _direction(change: MetricChange) -> Line:
    """Return an arrow and a word; the word is "unclear" unless the interval leaves zero out."""
    if change.difference is None:
        return (UNKNOWN,)
    value, low, high = change.difference.value, change.difference.low, change.difference.high
    if low is None or high is None or low <= 0 <= high:
        return Symbol("◦ "), "unclear"
    arrow = Symbol("▲ " if value > 0 else "▼ ")
    if change.direction is None:
        return arrow, "higher" if value > 0 else "lower"
    return arrow, Strong("better" if (value > 0) == (change.direction == "higher") else "worse")


def paired_block(paired: Paired) -> Block:
    """Return the 2x2 table with churn, and what this test set could have found."""
    total = paired.both_right + paired.fixed + paired.broken + paired.both_wrong
    rows: list[Row] = [
        ("base right", f"{paired.both_right:,}", (Strong(f"{paired.broken:,}"), " broken")),
        ("base wrong", (Strong(f"{paired.fixed:,}"), " fixed"), f"{paired.both_wrong:,}"),
    ]
    net = paired.fixed - paired.broken
    lines: list[Line] = [
        (f"{paired.fixed:,} fixed, {paired.broken:,} broken: net {net:+,} of {plural(total, 'image')}",),
        (f"churn: {share_text(paired.churn, total)} get another answer",),
        (_detectable(paired.detectable),),
    ]
    header = ("", "head right", "head wrong")
    return Block("Both models on the same images", lines, header, rows, "lrr")


def _detectable(found: Detectable) -> str:
    power = f"{found.power * POINT:g} % of the cases"
    if found.difference is None:
        return f"this test set finds no change at all in {power}: it has too few images"
    flips = f" ({plural(found.num_net_flips, 'net flip')})" if found.num_net_flips is not None else ""
    least = f"a true change of {found.difference * POINT:.1f} points{flips}"
    return f"this test set finds {least} in {power}, where {found.disagreement * POINT:.1f} % disagree"
