"""The difference and its interval as a picture: where it lies beside zero and the margin."""

import html

from winnow.markup.svg import ticks
from winnow.verdict.account.words import POINT, difference_text, has_points, signed
from winnow.verdict.record.evidence import Outcome

_WIDTH, _HEIGHT = 440, 92
_SIDE = 24
_MIDDLE = 34
_AXIS = 62


def interval_figure(outcome: Outcome) -> str:
    """Return inline SVG; empty without a difference or its interval."""
    difference = outcome.difference
    if difference is None or difference.low is None or difference.high is None:
        return ""
    factor = POINT if has_points(outcome.metric) else 1
    value, low, high = (number * factor for number in (difference.value, difference.low, difference.high))
    margin = outcome.margin * factor
    ends = (min(low, -margin), max(high, margin))
    room = (ends[1] - ends[0]) * 0.06
    first, last = ends[0] - room, ends[1] + room
    marks = [mark for mark in ticks(*ends) if first <= mark <= last]

    def x(number: float) -> float:
        return round(_SIDE + (number - first) / (last - first) * (_WIDTH - 2 * _SIDE), 1)

    digits = 1 if marks[1] - marks[0] >= 0.1 else 3  # noqa: PLR2004 - a tenth of a point needs one digit
    words = f"{difference_text(difference, in_points=factor == POINT)}, margin \u00b1{margin:g}"
    axis = "".join(
        f'<text class="tick" x="{x(mark)}" y="{_AXIS + 22}" text-anchor="middle">{signed(mark, digits)}</text>'
        for mark in marks
    )
    return (
        f'<svg class="interval" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"><title>head minus base</title>'
        f"<desc>{html.escape(words)}</desc>"
        f'<rect class="margin" x="{x(-margin)}" width="{x(margin) - x(-margin):.1f}" y="6" height="{_AXIS - 6}"/>'
        f'<line class="axis" x1="{_SIDE}" x2="{_WIDTH - _SIDE}" y1="{_AXIS}" y2="{_AXIS}"/>'
        f'<line class="zero" x1="{x(0)}" x2="{x(0)}" y1="6" y2="{_AXIS}"/>'
        f'<line class="range" x1="{x(low)}" x2="{x(high)}" y1="{_MIDDLE}" y2="{_MIDDLE}"/>'
        f'<circle class="point" cx="{x(value)}" cy="{_MIDDLE}" r="7"/>{axis}</svg>'
    )
