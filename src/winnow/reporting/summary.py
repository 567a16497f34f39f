"""One screen that tells how the model is: data, metrics with their intervals, weak spots, where the pictures are."""

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

SPLITS = ("train", "val", "test", "vault", "held_out")

# In the order of the page: how people spell it, and what it tells. The user's own metrics follow, without words.
_BUILT_IN = {
    "accuracy": ("accuracy", "images that are right"),
    "balanced_accuracy": ("balanced accuracy", "the same, all classes alike"),
    "macro_f1": ("macro F1", "mean F1 of the classes"),
    "auroc": ("AUROC", "right ranked above wrong"),
    "sensitivity": ("sensitivity", "`{positive_label}` found, from {threshold:.3f} on"),
    "specificity": ("specificity", "the others left alone"),
    "log_loss": ("log loss", "surprise, 0 is best"),
    "brier": ("Brier", "squared error, 0 is best"),
    "ece": ("ECE", "miscalibration, 0 is best"),
}
_NOT_METRICS = ("confidence", "threshold")
_NUM_WEAKEST = 5
_DIGITS, _MAX_DIGITS = 3, 6
_SEVERITY_STYLE = {"error": "bold red", "warning": "yellow"}
_GIGABYTE, _MEGABYTE = 10**9, 10**6
_MINUTE_S = 60


@dataclass(frozen=True)
class Facts:
    """What the reports of a project say; empty where a step has not run."""

    title: str
    data: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    per_class: Sequence[Mapping[str, str]] = ()
    confusion: Sequence[Mapping[str, str]] = ()
    costs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    figures: Sequence[str] = ()
    next_steps: Sequence[tuple[str, str]] = ()
    """Commands and what they do."""


def render_summary(facts: Facts, *, width: int, with_color: bool) -> str:
    """Return the page, `width` columns wide."""
    page = io.StringIO()
    console = Console(file=page, width=width, force_terminal=with_color, highlight=False, legacy_windows=False)
    console.print(Text(facts.title, style="bold"), no_wrap=True, overflow="ellipsis")
    for heading, body in _sections(facts):
        console.print()
        console.print(Text(heading, style="bold cyan"))
        console.print(Padding(body, (0, 0, 0, 2)))
    return "\n".join(line.rstrip() for line in page.getvalue().splitlines()) + "\n"


def _sections(facts: Facts) -> Iterator[tuple[str, RenderableType]]:
    if facts.data:
        yield "Data", Group(*_data_lines(facts.data))
    if facts.metrics:
        yield _metrics_heading(facts.metrics), _metrics_table(facts.metrics)
    imperfect = [row for row in facts.per_class if row["f1"] and float(row["f1"]) < 1]
    if imperfect:
        yield "Weakest classes", _weakest(sorted(imperfect, key=lambda row: float(row["f1"])))
    confused = [row for row in facts.confusion if row["actual"] != row["predicted"]]
    if confused:
        yield "Most often confused", _confused(confused)
    if facts.costs:
        yield "Cost", _cost_table(facts.costs)
    if facts.figures:
        yield "Pictures", Text("\n".join(facts.figures), overflow="fold")
    if facts.next_steps:
        yield "Next", _next_table(facts.next_steps)


def _grid(*justify: str) -> Table:
    table = Table.grid(padding=(0, 3, 0, 0))
    for side in justify:
        table.add_column(justify="right" if side == "right" else "left", overflow="fold")
    return table


def _data_lines(data: Mapping[str, Any]) -> Iterator[RenderableType]:
    counts = [f"{data.get('num_images', 0):,} images", f"{data.get('num_classes', 0):,} classes"]
    if data.get("num_unlabelled"):
        counts.append(f"{data['num_unlabelled']:,} without a label")
    yield Text(" · ".join(counts))
    splits: Mapping[str, int] = data.get("splits", {})
    yield Text(" · ".join(f"{name.replace('_', ' ')} {splits[name]:,}" for name in SPLITS if splits.get(name)))
    for check in data.get("checks", []):
        style = _SEVERITY_STYLE.get(check.get("severity", ""), "")
        yield Text.assemble((f"{check['id']} ", style), check["message"], overflow="fold")
    if not data.get("checks"):
        yield Text("every check passed", style="green")


def _metrics_heading(metrics: Mapping[str, Any]) -> str:
    where = f"{metrics.get('num_test', 0):,} test images"
    if "num_test_groups" in metrics:
        where += f" in {metrics['num_test_groups']:,} groups"
    return f"Metrics on {where}, with {metrics.get('confidence', 0.95):.0%} intervals"


def _metrics_table(metrics: Mapping[str, Any]) -> Table:
    own = [name for name, value in metrics.items() if isinstance(value, float) and _is_own(name)]
    table = _grid("left", "right", "left", "left")
    for name in [*(name for name in _BUILT_IN if name in metrics), *own]:
        spelled, meaning = _BUILT_IN.get(name, (name, ""))
        value, interval = Text(_number(metrics[name]), style="bold"), Text(_interval(metrics, name))
        table.add_row(Text(spelled), value, interval, Text(meaning.format_map(metrics), style="dim"))
    return table


def _is_own(name: str) -> bool:
    return not name.endswith(("_low", "_high")) and name not in (*_BUILT_IN, *_NOT_METRICS, "val_accuracy")


def _interval(row: Mapping[str, Any], name: str) -> str:
    # Missing in JSON, empty in CSV: too few groups to tell.
    low, high = row.get(f"{name}_low", ""), row.get(f"{name}_high", "")
    return "" if "" in (low, high) else f"[{_number(low)}, {_number(high)}]"


def _number(value: float | str) -> str:
    """Return three decimals, more where they would hide what is left to perfection."""
    text, digits = f"{float(value):.3f}", _DIGITS
    while float(text) == 1 > float(value) and digits < _MAX_DIGITS:
        digits += 1
        text = f"{float(value):.{digits}f}"
    return text


def _weakest(rows: Sequence[Mapping[str, str]]) -> Table:
    table = _grid("left", "right", "left", "right")
    for row in rows[:_NUM_WEAKEST]:
        value = Text(_number(row["f1"]), style="bold")
        table.add_row(Text(row["label"]), value, Text(_interval(row, "f1")), f"F1 of {int(row['support']):,} images")
    return table


def _confused(rows: Sequence[Mapping[str, str]]) -> Table:
    often = sorted(rows, key=lambda row: -int(row["count"]))[:_NUM_WEAKEST]
    table = _grid("left", "right")
    for row in often:
        table.add_row(Text(f"{row['actual']} taken for {row['predicted']}"), f"{int(row['count']):,}")
    return table


def _cost_table(costs: Mapping[str, Mapping[str, Any]]) -> Table:
    table = _grid("left", "right", "left")
    for step, cost in costs.items():
        details = [str(cost["device"])] if cost.get("device") else []
        details += [str(cost["precision"])] if cost.get("precision") else []
        details += [f"{cost['images_per_s']:,.0f} images/s"] if cost.get("images_per_s") else []
        details += [f"{_bytes(cost['peak_rss_bytes'])} of memory"] if cost.get("peak_rss_bytes") else []
        table.add_row(step, _duration(float(cost.get("wall_s", 0))), Text(", ".join(details), style="dim"))
    return table


def _next_table(steps: Sequence[tuple[str, str]]) -> Table:
    table = _grid("left", "left")
    for command, purpose in steps:
        table.add_row(Text(command, style="bold"), Text(purpose, style="dim"))
    return table


def _duration(seconds: float) -> str:
    minutes, rest = divmod(seconds, _MINUTE_S)
    return f"{seconds:.1f} s" if seconds < _MINUTE_S else f"{minutes:.0f} min {rest:02.0f} s"


def _bytes(count: int) -> str:
    return f"{count / _GIGABYTE:.1f} GB" if count >= _GIGABYTE else f"{count / _MEGABYTE:.0f} MB"
