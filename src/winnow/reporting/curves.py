"""Learning curves as a picture."""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from winnow.reporting.canvas import BLUE, GRAY, INK, ORANGE, canvas
from winnow.reporting.curve_tables import Curve, read_curves

_COLORS = {"train": GRAY, "val": BLUE}
_FEW_STEPS = 12


def draw_curves(path: Path, folder: Path) -> bool:
    """Draw each metric in a panel of its own; return False where there is nothing to draw."""
    curves = read_curves(folder)
    if not curves:
        return False
    with canvas(path, width=3.4 * len(curves), height=2.9) as figure:
        for number, (name, series) in enumerate(curves.items(), start=1):
            _draw_panel(figure.add_subplot(1, len(curves), number), name, series)
    return True


def _draw_panel(axes: Axes, name: str, series: dict[str, Curve]) -> None:
    for label, (steps, values) in sorted(series.items()):
        marker = "o" if len(steps) <= _FEW_STEPS else ""
        color = _COLORS.get(label, INK if not label else ORANGE)
        axes.plot(steps, values, color=color, label=label or name, marker=marker, markersize=3.5)
    if len(series) > 1:
        axes.legend(loc="best")
    axes.set_title(name)
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    axes.margins(x=0.02)
