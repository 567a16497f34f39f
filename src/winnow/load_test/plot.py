"""A picture of a run: latency and answers, second by second, as SVG that needs nothing to be looked at."""

from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import NamedTuple

from winnow.load_test.answers import Answer
from winnow.load_test.plan import Plan
from winnow.load_test.summary import Latency

_WIDTH, _HEIGHT = 860, 560
_LEFT, _RIGHT = 70, 20
_TOPS = (50, 310)
_TALL = 200
_NUM_BINS = 120
_TICKS = 4
_FONT = 'font-family="sans-serif" font-size="13"'
_COLORS = ("#1b9e77", "#7570b3", "#d95f02", "#a6163e")


class Line(NamedTuple):
    """One curve; None where there is no value."""

    name: str
    values: Sequence[float | None]


class Panel(NamedTuple):
    """Curves with a scale in common."""

    title: str
    lines: Sequence[Line]


def plot(answers: Sequence[Answer], plan: Plan, title: str) -> str:
    """Return the picture: percentiles of those who were answered above, what became of all requests below."""
    step_s = max(1.0, plan.end_s / _NUM_BINS)
    num_bins = max(2, int(plan.end_s / step_s + 0.999))
    bins: list[list[Answer]] = [[] for _ in range(num_bins)]
    for each in answers:
        bins[min(num_bins - 1, max(0, int(each.due_s / step_s)))].append(each)
    panels = (Panel("latency of answers (ms)", _latencies(bins)), Panel("requests a second", _rates(bins, step_s)))
    return _svg(panels, plan, num_bins, title)


def _latencies(bins: Sequence[Sequence[Answer]]) -> list[Line]:
    found = [Latency.of([each.latency_ms for each in row if each.is_good]) for row in bins]
    names = {"p50": "p50_ms", "p95": "p95_ms", "p99": "p99_ms"}
    return [
        Line(name, [None if each is None else float(getattr(each, key)) for each in found])
        for name, key in names.items()
    ]


def _rates(bins: Sequence[Sequence[Answer]], step_s: float) -> list[Line]:
    def rate(name: str, belongs: Callable[[Answer], bool]) -> Line:
        return Line(name, [sum(map(belongs, row)) / step_s for row in bins])

    return [
        rate("answered", lambda each: each.is_good),
        rate("refused (503)", lambda each: each.is_refused),
        rate("errors", lambda each: not each.is_good and not each.is_refused),
    ]


def _svg(panels: Sequence[Panel], plan: Plan, num_bins: int, title: str) -> str:
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" {_FONT}>',
        f"<title>{escape(title)}</title>",
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
        f'<text x="{_LEFT}" y="22" font-size="16">{escape(title)}</text>',
    ]
    for top, panel in zip(_TOPS, panels, strict=True):
        parts += _panel(panel, top, plan, num_bins)
    parts.append(f'<text x="{_WIDTH - _RIGHT}" y="{_HEIGHT - 10}" text-anchor="end">seconds; gray: warm-up</text>')
    return "\n".join([*parts, "</svg>", ""])


def _panel(panel: Panel, top: int, plan: Plan, num_bins: int) -> Iterable[str]:
    wide = _WIDTH - _LEFT - _RIGHT
    largest = max([value for line in panel.lines for value in line.values if value is not None], default=0.0) or 1.0
    warm = wide * plan.warm_up_s / plan.end_s
    yield f'<rect x="{_LEFT}" y="{top}" width="{warm:.1f}" height="{_TALL}" fill="#eeeeee"/>'
    yield f'<text x="{_LEFT}" y="{top - 8}" fill="#444444">{escape(panel.title)}</text>'
    for tick in range(_TICKS + 1):
        y = top + _TALL * (1 - tick / _TICKS)
        yield f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#cccccc"/>'
        yield f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{largest * tick / _TICKS:.3g}</text>'
        x = _LEFT + wide * tick / _TICKS
        yield f'<text x="{x:.1f}" y="{top + _TALL + 18}" text-anchor="middle">{plan.end_s * tick / _TICKS:.3g}</text>'
    for number, (line, color) in enumerate(zip(panel.lines, _COLORS, strict=False)):
        points = [
            f"{_LEFT + wide * (place + 0.5) / num_bins:.1f},{top + _TALL * (1 - value / largest):.1f}"
            for place, value in enumerate(line.values)
            if value is not None
        ]
        yield f'<polyline points="{" ".join(points)}" fill="none" stroke="{color}" stroke-width="2"/>'
        yield f'<text x="{_WIDTH - _RIGHT - 110 * (3 - number) + 20}" y="{top - 8}" fill="{color}">{line.name}</text>'
