"""A chart as inline SVG: colours from the page's style, words for those who do not see it."""

import html
import math
from collections.abc import Iterator

from winnow.markup.blocks import Chart, Series

_WIDTH, _HEIGHT = 460, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 12, 16, 44
_NUM_TICKS = 5


def to_svg(chart: Chart) -> str:
    """Return the chart with a legend below; empty when there is nothing to draw. Line `i` has the class `line-i`."""
    series = [each for each in chart.series if each.points]
    xs = [x for each in series for x, _ in each.points]
    ys = [y for each in series for _, y in each.points]
    if not xs or min(xs) == max(xs):
        return ""
    frame = _Frame(ticks(min(xs), max(xs)), ticks(min(ys), max(ys)), (min(xs), max(xs)))
    parts = [*_axes(frame, chart), *(_line(frame, each, place) for place, each in enumerate(series))]
    legend = "".join(
        f'<li><span class="key line-{place}"></span>{html.escape(each.name)}</li>' for place, each in enumerate(series)
    )
    words = "; ".join(f"{each.name} from {each.points[0][1]:.4g} to {each.points[-1][1]:.4g}" for each in series)
    return (
        f'<figure class="chart"><svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">'
        f"<title>{html.escape(chart.title)}</title><desc>{html.escape(words)}</desc>{''.join(parts)}</svg>"
        f'<figcaption>{html.escape(chart.title)}<ul class="legend">{legend}</ul></figcaption></figure>'
    )


def ticks(low: float, high: float) -> list[float]:
    """Return round numbers, evenly apart, that reach from below `low` to above `high`."""
    if low == high:
        low, high = low - (abs(low) or 1) / 2, high + (abs(high) or 1) / 2
    rough = (high - low) / _NUM_TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [number * step for number in range(first, last + 1)]


class _Frame:
    """The axes of one chart and where a point lies on the drawing."""

    def __init__(self, x_ticks: list[float], y_ticks: list[float], x_range: tuple[float, float]) -> None:
        self.x_low, self.x_high = x_range
        self.x_ticks = [tick for tick in x_ticks if self.x_low <= tick <= self.x_high]
        self.y_ticks = y_ticks

    def x(self, value: float) -> float:
        """Return pixels from the left."""
        return _LEFT + (value - self.x_low) / (self.x_high - self.x_low) * (_WIDTH - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        """Return pixels from the top."""
        low, high = self.y_ticks[0], self.y_ticks[-1]
        return _HEIGHT - _BOTTOM - (value - low) / (high - low) * (_HEIGHT - _TOP - _BOTTOM)


def _axes(frame: _Frame, chart: Chart) -> Iterator[str]:
    bottom = _HEIGHT - _BOTTOM
    for tick in frame.y_ticks:
        y = frame.y(tick)
        yield f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text class="tick" x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{tick:.4g}</text>'
    for tick in frame.x_ticks:
        x = frame.x(tick)
        yield f'<text class="tick" x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{tick:.4g}</text>'
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    yield f'<text class="tick" x="{middle}" y="{_HEIGHT - 6}" text-anchor="middle">{html.escape(chart.x_name)}</text>'


def _line(frame: _Frame, series: Series, place: int) -> str:
    points = " ".join(f"{frame.x(x):.1f},{frame.y(y):.1f}" for x, y in series.points)
    return f'<polyline class="line line-{place}" points="{points}"/>'
