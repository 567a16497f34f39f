"""Learning curves as numbers, from the TSV files that training leaves. No drawing library: a report reads them, too."""

import csv
from pathlib import Path

_FIRST = ("loss", "accuracy")

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
