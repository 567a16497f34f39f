"""The rows of `pull_requests.py`'s tables, each read from a verdict."""

from collections import Counter
from statistics import median

import numpy as np

from winnow.changes.record import DataDiff
from winnow.stats.spread import deviation_interval
from winnow.verdict.record.context import Changes
from winnow.verdict.record.evidence import Call, Classes, MetricChange
from winnow.verdict.record.verdict import Verdict

SEEDS = (
    "| data | tests | better | worse | equivalent | inconclusive | a class worse | two numbers differ |"
    f" accuracy | sampling | seeds |\n| --- |{' ---: |' * 10}"
)
EFFECTS = (
    "| planted | call | accuracy | p | its recall | its rank | Holm p | classes worse |\n"
    "| --- | --- | --- | ---: | ---: | ---: | ---: | --- |"
)
NAMED = "| planted | metrics worse, beyond chance | data diff | params, code | blocks that point |\n|" + " --- |" * 5

_CALLS: tuple[Call, ...] = ("better", "worse", "equivalent", "inconclusive")
_SEEDS_REACH = 1.96 * 2**0.5
"""Standard deviations that the difference of two seeds stays within, 19 times in 20."""
_LEAST_P = 0.001


def seeds_row(name: str, verdicts: list[Verdict]) -> str:
    """Return the table's row of one data set."""
    outcomes = [verdict.outcome for verdict in verdicts]
    counts = Counter(outcome.call for outcome in outcomes)
    base = [outcome.base for outcome in outcomes if outcome.base is not None]
    heads = [outcome.head for outcome in outcomes if outcome.head is not None]
    reaches = [
        (outcome.difference.high - outcome.difference.low) / 2
        for outcome in outcomes
        if outcome.difference and outcome.difference.high is not None and outcome.difference.low is not None
    ]
    deviation, interval = deviation_interval(np.array([base[0], *heads]), 0.95)
    changed = sum(before != after for before, after in zip(base, heads, strict=True))
    seeds = [f"{_SEEDS_REACH * each:.4f}" for each in (deviation, interval.low, interval.high)]
    cells = [
        name,
        f"{outcomes[0].num_images:,}",
        *(str(counts[call]) for call in _CALLS),
        str(sum(bool(_worse_classes(verdict)) for verdict in verdicts)),
        str(changed),
        f"{median(heads):.4f}",
        f"±{median(reaches):.4f}",
        f"±{seeds[0]} [{seeds[1]}, {seeds[2]}]",
    ]
    return f"| {' | '.join(cells)} |"


def planted_rows(name: str, label: str, verdict: Verdict) -> tuple[str, str]:
    """Return the rows of what became worse, and of what the report names; `label` is the class that should suffer."""
    assert isinstance(verdict.classes, Classes)
    outcome, changes = verdict.outcome, verdict.classes.changes
    assert outcome.difference is not None
    rank, suffering = next((rank, each) for rank, each in enumerate(changes, 1) if each.name == label)
    ends = f"[{outcome.difference.low:+.4f}, {outcome.difference.high:+.4f}]"
    effects = [
        name,
        outcome.call,
        f"{outcome.difference.value:+.4f} {ends}",
        _p(outcome.p),
        f"{suffering.difference.value:+.3f}",
        f"{rank} of {len(changes)}",
        _p(suffering.p_holm),
        ", ".join(_worse_classes(verdict)) or "-",
    ]
    named = [name, ", ".join(_declined(verdict.metrics)) or "-", _data(verdict), _causes(verdict), _caught(verdict)]
    return f"| {' | '.join(effects)} |", f"| {' | '.join(named)} |"


def _caught(verdict: Verdict) -> str:
    """Return which blocks point at a mistake."""
    blocks = {
        "verdict": verdict.outcome.call == "worse",
        "metrics": bool(_declined(verdict.metrics)),
        "classes": bool(_worse_classes(verdict)),
        "data": _data(verdict) != "-",
        "code": bool(_code(verdict)),
    }
    return ", ".join(block for block, points in blocks.items() if points) or "-"


def _worse_classes(verdict: Verdict) -> list[str]:
    """Return the classes that the report marks as worse."""
    assert isinstance(verdict.classes, Classes)
    return [each.name for each in verdict.classes.changes if each.is_significant and each.difference.value < 0]


def _declined(metrics: list[MetricChange]) -> list[str]:
    """Return the metrics whose difference, with its interval, lies wholly on the bad side."""
    bad = []
    for metric in metrics:
        gap = metric.difference
        if gap is None or gap.low is None or gap.high is None or metric.direction is None:
            continue
        if gap.high < 0 if metric.direction == "higher" else gap.low > 0:
            bad.append(f"{metric.name} {gap.value:+.3f}")
    return bad


def _data(verdict: Verdict) -> str:
    """Return what the data diff says, in short."""
    if not isinstance(verdict.data, DataDiff):
        return verdict.data.not_available
    moves = [f"{each.count} {each.before} → {each.after}" for each in verdict.data.relabelled.transitions]
    gone = [
        f"{sum(each.removed.values())} {each.label} removed"
        for each in verdict.data.classes
        if any(each.removed.values())
    ]
    return ", ".join(moves + gone) or "-"


def _causes(verdict: Verdict) -> str:
    """Return the params and the code that changed."""
    params = [change.key for change in verdict.changes.params] if isinstance(verdict.changes, Changes) else []
    return ", ".join(f"`{each}`" for each in [*params, *_code(verdict)]) or "-"


def _code(verdict: Verdict) -> list[str]:
    """Return the changed files that a stage depends on; labels are the data diff's, params have a table."""
    if not isinstance(verdict.changes, Changes):
        return []
    files = [file.path for file in verdict.changes.files if file.stages]
    return [path for path in files if path != "params.yaml" and not path.startswith("data/")]


def _p(value: float | None) -> str:
    if value is None:
        return "-"
    return f"< {_LEAST_P}" if value < _LEAST_P else f"{value:.3f}"
