"""A chart as Mermaid, which GitHub draws in a comment. It holds numbers, and words of ours alone."""

import bisect
import math
import re

from winnow.markup.blocks import Chart, Series

COLOURS = (("grey", "#8c959f"), ("blue", "#0969da"), ("orange", "#bc4c00"), ("green", "#1a7f37"))
"""Name and value for each line of a chart, in order; Mermaid has no legend, so words must tell."""

_MAX_POINTS = 60
_WORDS = re.compile(r"[A-Za-z0-9 ]+")


def to_mermaid(chart: Chart) -> list[str]:
    """Return an `xychart-beta` between its fences, line by line; nothing when there is nothing to draw.

    Its lines share one grid of at most 60 steps: Mermaid spreads a line over the whole axis however many points it
    has. In between a line is interpolated, and beyond its ends it is drawn flat.
    """
    words = (chart.title, chart.x_name, chart.y_name)
    assert all(map(_WORDS.fullmatch, words)), f"words of ours, got {words}"
    series = [each for each in chart.series if each.points]
    steps = _grid(series)
    if len(steps) < 2:  # noqa: PLR2004 - a line has two ends
        return []
    drawn = [[_at(each, step) for step in steps] for each in series]
    low, high = _range([value for values in drawn for value in values])
    palette = ", ".join(value for _, value in COLOURS[: len(series)])
    return [
        "```mermaid",
        f'%%{{init: {{"themeVariables": {{"xyChart": {{"plotColorPalette": "{palette}"}}}}}}}}%%',
        "xychart-beta",
        f'  title "{chart.title}"',
        f'  x-axis "{chart.x_name}" {_number(steps[0])} --> {_number(steps[-1])}',
        f'  y-axis "{chart.y_name}" {_number(low)} --> {_number(high)}',
        *(f"  line [{', '.join(map(_number, values))}]" for values in drawn),
        "```",
        *(["", "A line that ends earlier is drawn flat from there."] if _ends_differ(series) else []),
    ]


def _grid(series: list[Series]) -> list[float]:
    ends = [each.points[side][0] for each in series for side in (0, -1)]
    if not ends or min(ends) == max(ends):
        return []
    count = min(_MAX_POINTS, len({step for each in series for step, _ in each.points}))
    first, last = min(ends), max(ends)
    return [first + (last - first) * number / (count - 1) for number in range(count)]


def _ends_differ(series: list[Series]) -> bool:
    return len({each.points[-1][0] for each in series}) > 1


def _at(series: Series, step: float) -> float:
    """Return the value at a step: linear between points, that of the nearest point beyond them."""
    points = series.points
    place = bisect.bisect_left(points, step, key=lambda point: point[0])
    if place == 0:
        return points[0][1]
    if place == len(points):
        return points[-1][1]
    (left, before), (right, after) = points[place - 1], points[place]
    return before + (after - before) * (step - left) / (right - left)


def _range(values: list[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    room = (high - low) * 0.05 or abs(high) * 0.05 or 1.0
    return (max(0.0, low - room) if low >= 0 else low - room), high + room


def _number(value: float) -> str:
    """Return four significant digits, never in the notation with an exponent, which Mermaid does not read."""
    if value == 0 or abs(value) >= 1e15:  # noqa: PLR2004 - what no curve reaches is drawn at the edge
        return "0" if value == 0 else f"{math.copysign(1e15, value):.0f}"
    digits = min(12, max(0, 3 - math.floor(math.log10(abs(value)))))
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
