"""Learning curves as a picture, from the TSV files that training leaves."""

import csv
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from winnow.reporting.canvas import BLUE, GRAY, INK, ORANGE, canvas

_FIRST = ("loss", "accuracy")
_COLORS = {"train": GRAY, "val": BLUE}
_FEW_STEPS = 12

Curve = tuple[list[float], list[float]]


def read_curves(folder: Path) -> dict[str, dict[str, Curve]]:
    """Return steps and values by metric and series: `val/loss.tsv` is series `val` of metric `loss`.

    `folder` is DVCLive's. Empty where nothing was logged.
    """
    root = folder / "plots" / "metrics"
    curves: dict[str, dict[str, Curve]] = {}
    for path in sorted(root.rglob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream, delimiter="\t"))
        column = next((name for name in rows[0] if name != "step"), "") if rows else ""
        if column:
            steps, values = [float(row["step"]) for row in rows], [float(row[column]) for row in rows]
            series = path.relative_to(root).parent.as_posix()
            curves.setdefault(path.stem, {})["" if series == "." else series] = (steps, values)
    order = sorted(curves, key=lambda name: (_FIRST.index(name) if name in _FIRST else len(_FIRST), name))
    return {name: curves[name] for name in order}


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
