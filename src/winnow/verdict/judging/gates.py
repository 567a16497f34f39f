"""All gates of `gate:` in `params.yaml` applied to a comparison, and waived where somebody answers for it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from winnow.changes.record import DataDiff
from winnow.config import nearest
from winnow.errors import InputError
from winnow.gate_config import GateConfig
from winnow.logs import logger
from winnow.records import NotAvailable
from winnow.verdict.judging import gate_rules as rules
from winnow.verdict.judging.comparison import Judgement
from winnow.verdict.judging.metric_changes import Summaries
from winnow.verdict.record.context import Cost, Gate, Waiver


@dataclass(frozen=True)
class Surroundings:
    """What gates ask for besides the comparison itself."""

    has_base: bool
    """False where the base commit has no model at all, as in a project's first pull request. A base that exists and
    cannot be fetched is no such case: then gates are "not available"."""
    summaries: Summaries
    data: DataDiff | NotAvailable
    cost: Cost | NotAvailable


def judge_gates(
    config: GateConfig, judgement: Judgement, around: Surroundings, waivers: Mapping[str, Waiver]
) -> list[Gate]:
    """Return every gate that is not off, in the order of `params.yaml`; `waivers` are by gate id.

    Without a base there is nothing to be worse than: gates that compare are left out, floors and budgets hold.
    Raises InputError for a waiver of a gate that there is none of.
    """
    gates = [*_comparing(config, judgement, around)] if around.has_base else []
    if not around.has_base:
        logger.info("the base has no model: gates that compare with it are left out")
    floors = zip(_ids("floor", [floor.metric for floor in config.floors]), config.floors, strict=True)
    gates += [
        rules.floor_gate(gate_id, floor, floor.level, around.summaries, judgement.metrics)
        for gate_id, floor in floors
        if floor.level != "off"
    ]
    budgets = zip(_ids("budget", [budget.name for budget in config.budgets]), config.budgets, strict=True)
    gates += [
        rules.budget_gate(gate_id, budget, budget.level, around.cost)
        for gate_id, budget in budgets
        if budget.level != "off"
    ]
    return _waived(gates, waivers, gate_ids(config))


def gate_ids(config: GateConfig) -> list[str]:
    """Return the id of every gate that can be configured, those that are off included."""
    return [
        *("primary", "classes", *_ids("subgroups", _columns(config)), "calibration", "data"),
        *_ids("floor", [floor.metric for floor in config.floors]),
        *_ids("budget", [budget.name for budget in config.budgets]),
    ]


def _comparing(config: GateConfig, judgement: Judgement, around: Surroundings) -> Iterator[Gate]:
    if config.primary != "off":
        yield rules.primary_gate(config, judgement.outcome, config.primary)
    if config.classes != "off":
        yield rules.classes_gate(config, judgement.classes, config.classes)
    if config.subgroups != "off":
        columns = _columns(config)
        for gate_id, column in zip(_ids("subgroups", columns), columns, strict=True):
            yield rules.subgroups_gate(gate_id, column, config, judgement.subgroups, config.subgroups)
    if config.calibration != "off":
        yield rules.calibration_gate(config, judgement.metrics, config.calibration)
    if config.data != "off":
        yield rules.data_gate(around.data, config.data)


def _columns(config: GateConfig) -> list[str]:
    return list(dict.fromkeys(config.subgroup_columns))


def _ids(kind: str, names: Sequence[str]) -> list[str]:
    """Return an id for each name; one that several names would share is numbered from the second on."""
    ids: list[str] = []
    for name in names:
        plain = f"{kind}:{rules.slug(name)}"
        taken = sum(1 for other in ids if other == plain or other.startswith(f"{plain}:"))
        ids.append(f"{plain}:{taken + 1}" if taken else plain)
    return ids


def _waived(gates: Sequence[Gate], waivers: Mapping[str, Waiver], known: list[str]) -> list[Gate]:
    for gate_id in waivers:
        if gate_id not in known:
            raise InputError(f"a waiver names the gate `{gate_id}`, and there is none", hint=nearest(gate_id, known))
    needed = {gate.id for gate in gates if gate.result in ("fail", "not available")}
    for gate_id in waivers:
        if gate_id not in needed:
            logger.info("the waiver for the gate `%s` is not needed", gate_id)
    return [
        gate.model_copy(update={"result": "waived", "waiver": waivers[gate.id]})
        if gate.id in needed & waivers.keys()
        else gate
        for gate in gates
    ]
