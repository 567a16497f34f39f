"""Each gate's rule: what it asks for, and when it holds.

A rule that cannot be answered is "not available", never "pass": what is required and not known has not been kept.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Literal

from winnow.changes.record import DataDiff, Duplicates
from winnow.gate_config import BudgetLimit, Floor, GateConfig
from winnow.records import NotAvailable
from winnow.verdict.judging.metric_changes import DIRECTIONS, Summaries, as_number
from winnow.verdict.record.context import Cost, Gate
from winnow.verdict.record.evidence import Classes, Estimate, MetricChange, Outcome, ShareChange, Subgroups

Level = Literal["required", "advisory"]

_MAX_NAMED = 3
_RULES = {
    "not_worse": "not worse, or the whole interval lies inside \u00b1{margin:g}",
    "not_inferior": "the whole interval lies above -{margin:g}",
    "better": "better",
}
_RULES_WHERE_LOWER_IS_BETTER = {**_RULES, "not_inferior": "the whole interval lies below +{margin:g}"}


def primary_gate(config: GateConfig, outcome: Outcome, level: Level) -> Gate:
    """`not_worse`, `not_inferior` or `better`, for the primary metric."""
    rules = _RULES if outcome.direction == "higher" else _RULES_WHERE_LOWER_IS_BETTER
    gate = _gate("primary", level, f"{outcome.metric}: {rules[config.rule].format(margin=config.margin)}")
    limit = None if config.rule == "better" else config.margin
    gate = gate.model_copy(update={"limit": limit, "base": outcome.base, "head": outcome.head})
    if outcome.call == "not comparable":
        return _unknown(gate, outcome.reason)
    if config.rule == "not_worse":
        return _judged(gate, has_failed=outcome.call == "worse" and not outcome.within_margin, note=outcome.reason)
    if config.rule == "better":
        return _judged(gate, has_failed=outcome.call != "better", note=outcome.reason)
    worst = _worst(outcome)
    if worst is None:
        return _unknown(gate, outcome.reason)
    return _judged(gate, has_failed=worst <= -config.margin, note=outcome.reason)


def floor_gate(gate_id: str, floor: Floor, level: Level, summaries: Summaries, metrics: Sequence[MetricChange]) -> Gate:
    """A limit for a metric of `metrics.json`; where that has none, for the metric on the compared images."""
    is_lower_better = DIRECTIONS.get(floor.metric) == "lower"
    gate = _gate(gate_id, level, f"{floor.metric} is at {'most' if is_lower_better else 'least'} {floor.limit:g}")
    change = next((change for change in metrics if change.name == floor.metric), None)
    base = _value(summaries.base, floor.metric, change.base if change else None)
    head = _value(summaries.head, floor.metric, change.head if change else None)
    gate = gate.model_copy(update={"limit": floor.limit, "base": base, "head": head})
    if head is None:
        return _unknown(gate, "the head has no such metric")
    return _judged(gate, has_failed=head > floor.limit if is_lower_better else head < floor.limit)


def classes_gate(config: GateConfig, classes: Classes | NotAvailable, level: Level) -> Gate:
    """No class may get worse."""
    gate = _gate("classes", level, f"no class gets worse (recall, Holm-corrected, alpha {config.alpha:g})")
    if isinstance(classes, NotAvailable):
        return _unknown(gate, classes.not_available)
    return _none_worse(gate, classes.changes)


def subgroups_gate(gate_id: str, column: str, config: GateConfig, subgroups: Sequence[Subgroups], level: Level) -> Gate:
    """No subgroup of a column may get worse."""
    rule = f"no value of {column} gets worse (accuracy, Holm-corrected, alpha {config.alpha:g})"
    gate = _gate(gate_id, level, rule)
    found = next((each for each in subgroups if each.column == column), None)
    if found is None:
        return _unknown(gate, "the compared predictions have no such column")
    if not found.changes:
        return _unknown(gate, "no value has enough images")
    return _none_worse(gate, found.changes)


def calibration_gate(config: GateConfig, metrics: Sequence[MetricChange], level: Level) -> Gate:
    """The calibration error may not grow, unless by chance or by no more than the margin."""
    margin = config.calibration_margin
    gate = _gate("calibration", level, f"ece does not grow by more than {margin:g}, beyond chance")
    change = next((change for change in metrics if change.name == "ece"), None)
    if change is None or change.difference is None or change.difference.low is None:
        return _unknown(gate, "there is no interval for the difference of the calibration errors")
    base, head = (side.value if side else None for side in (change.base, change.head))
    gate = gate.model_copy(update={"limit": margin, "base": base, "head": head})
    return _judged(gate, has_failed=change.difference.low > 0 and change.difference.value > margin)


def data_gate(data: DataDiff | NotAvailable, level: Level) -> Gate:
    """No check of the data set may newly find an error."""
    gate = _gate("data", level, "no check of the data set finds a new error").model_copy(update={"limit": 0})
    if isinstance(data, NotAvailable):
        return _unknown(gate, data.not_available)
    if not isinstance(data.duplicates, Duplicates):
        return _unknown(gate, data.duplicates.not_available)
    errors = [each for each in data.duplicates.findings if each.severity == "error" and each.status == "new"]
    gate = gate.model_copy(update={"head": len(errors)})
    return _judged(gate, has_failed=bool(errors), note=_some([f"{each.id} {each.message}" for each in errors]))


def budget_gate(gate_id: str, budget: BudgetLimit, level: Level, cost: Cost | NotAvailable) -> Gate:
    """A limit for a size, a time or memory."""
    gate = _gate(gate_id, level, f"{budget.name} is at most {_plain(budget.limit)}").model_copy(
        update={"limit": budget.limit}
    )
    if isinstance(cost, NotAvailable):
        return _unknown(gate, cost.not_available)
    base, head = _costs(cost, budget.name)
    gate = gate.model_copy(update={"base": base, "head": head})
    if head is None:
        return _unknown(gate, "the head does not tell")
    return _judged(gate, has_failed=head > budget.limit)


def slug(text: str) -> str:
    """Return a name from data or `params.yaml` as a part of a gate's id."""
    return re.sub(r"[^a-z0-9_.-]", "_", text.lower())[:100]


def _gate(gate_id: str, level: Level, rule: str) -> Gate:
    return Gate(
        id=gate_id, level=level, rule=rule, limit=None, base=None, head=None, result="pass", note="", waiver=None
    )


def _plain(limit: float) -> str:
    """Return a limit without an exponent: bytes are many."""
    return f"{limit:,.4f}".rstrip("0").rstrip(".")


def _judged(gate: Gate, *, has_failed: bool, note: str = "") -> Gate:
    return gate.model_copy(update={"result": "fail", "note": note}) if has_failed else gate


def _unknown(gate: Gate, note: str) -> Gate:
    return gate.model_copy(update={"result": "not available", "note": note})


def _none_worse(gate: Gate, changes: Sequence[ShareChange]) -> Gate:
    worse = [change.name for change in changes if change.is_significant and change.difference.value < 0]
    return _judged(gate, has_failed=bool(worse), note=_some(worse))


def _worst(outcome: Outcome) -> float | None:
    """Return the end of the interval that is worst for the head, higher being better."""
    if outcome.difference is None or outcome.difference.low is None or outcome.difference.high is None:
        return None
    return outcome.difference.low if outcome.direction == "higher" else -outcome.difference.high


def _value(recorded: Mapping[str, object], name: str, computed: Estimate | None) -> float | None:
    value = as_number(recorded.get(name))
    return computed.value if value is None and computed else value


def _costs(cost: Cost, name: str) -> tuple[float | None, float | None]:
    """Return what base and head cost; of memory, the most that any step took."""
    if name == "train_s":
        step = next((step for step in cost.steps if step.step == "train"), None)
        return (step.base_s, step.head_s) if step else (None, None)
    if name == "peak_bytes":
        base = [step.base_peak_bytes for step in cost.steps if step.base_peak_bytes is not None]
        head = [step.head_peak_bytes for step in cost.steps if step.head_peak_bytes is not None]
        return max(base, default=None), max(head, default=None)
    amount = next((amount for amount in cost.amounts if amount.name == name), None)
    return (amount.base, amount.head) if amount else (None, None)


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MAX_NAMED} more" if len(names) > _MAX_NAMED else ""
    return ", ".join(names[:_MAX_NAMED]) + more
