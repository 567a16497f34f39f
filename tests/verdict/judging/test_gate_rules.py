from typing import Any

import pytest

from winnow.changes.record import DataDiff
from winnow.gate_config import BudgetLimit, Floor, GateConfig
from winnow.records import NotAvailable
from winnow.verdict.judging import gate_rules as rules
from winnow.verdict.judging.metric_changes import Summaries
from winnow.verdict.record.context import Amount, Cost, Gate, StepCost
from winnow.verdict.record.evidence import Classes, Estimate, MetricChange, Outcome, ShareChange, Subgroups
from winnow.verdict.rules import documented

NOWHERE = NotAvailable(not_available="nobody knows")


def config(**changes: Any) -> GateConfig:
    return GateConfig.model_validate(documented(GateConfig).model_dump() | changes)


def an_outcome(call: str, low: float | None, high: float | None, *, direction: str = "higher") -> Outcome:
    middle = 0.0 if low is None or high is None else (low + high) / 2
    return Outcome(
        call=call,
        reason="because",
        metric="accuracy",
        direction=direction,
        base=0.9,
        head=0.9 + middle,
        difference=None if call == "not comparable" else Estimate(value=middle, low=low, high=high),
        p=0.01,
        alpha=0.05,
        margin=0.01,
        within_margin=low is not None and low > -0.01 and high < 0.01,
        method="a test",
        num_images=100,
        num_groups=None,
    )


@pytest.mark.parametrize(
    ("rule", "call", "low", "high", "result"),
    [
        ("not_worse", "worse", -0.05, -0.02, "fail"),
        ("not_worse", "worse", -0.008, -0.002, "pass"),
        ("not_worse", "inconclusive", -0.2, 0.1, "pass"),
        ("not_worse", "better", 0.02, 0.05, "pass"),
        ("not_inferior", "inconclusive", -0.02, 0.05, "fail"),
        ("not_inferior", "inconclusive", -0.009, 0.05, "pass"),
        ("not_inferior", "worse", -0.008, -0.002, "pass"),
        ("not_inferior", "inconclusive", None, None, "not available"),
        ("better", "better", 0.001, 0.05, "pass"),
        ("better", "equivalent", -0.005, 0.005, "fail"),
        ("better", "inconclusive", -0.1, 0.1, "fail"),
        *((rule, "not comparable", None, None, "not available") for rule in ("not_worse", "not_inferior", "better")),
    ],
)
def test_the_primary_gate(rule: str, call: str, low: float | None, high: float | None, result: str) -> None:
    gate = rules.primary_gate(config(rule=rule), an_outcome(call, low, high), "required")
    assert (gate.id, gate.result, gate.note) == ("primary", result, "" if result == "pass" else "because")
    assert gate.limit == (None if rule == "better" else 0.01)


@pytest.mark.parametrize(("low", "high", "result"), [(-0.05, 0.02, "fail"), (-0.05, 0.009, "pass")])
def test_a_loss_may_not_rise(low: float, high: float, result: str) -> None:
    outcome = an_outcome("inconclusive", low, high, direction="lower")
    gate = rules.primary_gate(config(rule="not_inferior"), outcome, "required")
    assert gate.result == result
    assert "below +0.01" in gate.rule


@pytest.mark.parametrize(
    ("metric", "head", "limit", "result"),
    [
        ("accuracy", 0.9, 0.9, "pass"),
        ("accuracy", 0.89, 0.9, "fail"),
        ("log_loss", 0.3, 0.2, "fail"),
        ("brier", 0.1, 0.2, "pass"),
        ("ece", 0.3, 0.2, "fail"),
        ("my_own", 3, 2.5, "pass"),
        ("my_own", True, 2.5, "not available"),
        ("my_own", None, 2.5, "not available"),
    ],
)
def test_a_floor_holds_for_the_recorded_metric(metric: str, head: object, limit: float, result: str) -> None:
    floor = Floor(metric=metric, limit=limit, level="required")
    gate = rules.floor_gate("floor:x", floor, "required", Summaries({metric: 0.5}, {metric: head}), [])
    assert (gate.result, gate.base, gate.limit) == (result, 0.5, limit)


def a_change(name: str, base: float, head: float, low: float | None, high: float | None) -> MetricChange:
    sides = (Estimate(value=value, low=None, high=None) for value in (base, head))
    difference = Estimate(value=head - base, low=low, high=high)
    return MetricChange(
        name=name, direction="higher", base=next(sides), head=next(sides), difference=difference, is_custom=False
    )


def test_a_floor_without_recorded_metrics_holds_for_the_compared_images() -> None:
    floor = Floor(metric="accuracy", limit=0.9, level="advisory")
    change = a_change("accuracy", 0.7, 0.8, 0.05, 0.15)
    gate = rules.floor_gate("floor:accuracy", floor, "advisory", Summaries({}, {}), [change])
    assert (gate.level, gate.result, gate.base, gate.head) == ("advisory", "fail", 0.7, 0.8)
    recorded = rules.floor_gate("floor:accuracy", floor, "advisory", Summaries({}, {"accuracy": 0.95}), [change])
    assert (recorded.result, recorded.head) == ("pass", 0.95)


def a_share(name: str, difference: float, *, is_significant: bool) -> ShareChange:
    return ShareChange(
        name=name,
        support=50,
        num_groups=None,
        base=0.5,
        head=0.5 + difference,
        difference=Estimate(value=difference, low=None, high=None),
        fixed=0,
        broken=0,
        p=0.01,
        p_holm=0.01,
        is_significant=is_significant,
    )


def test_a_class_that_gets_worse_fails_the_gate_and_is_named() -> None:
    changes = [
        a_share("cat", -0.3, is_significant=True),
        a_share("dog", 0.3, is_significant=True),
        a_share("eel", -0.2, is_significant=False),
    ]
    gate = rules.classes_gate(config(), Classes(changes=changes, added=[], removed=[], untested=0), "required")
    assert (gate.result, gate.note) == ("fail", "cat")
    kept = rules.classes_gate(config(), Classes(changes=changes[1:], added=[], removed=[], untested=0), "required")
    assert (kept.result, kept.note) == ("pass", "")
    assert rules.classes_gate(config(), NOWHERE, "required").note == "nobody knows"


def test_of_many_classes_a_few_are_named() -> None:
    changes = [a_share(f"c{number}", -0.3, is_significant=True) for number in range(10)]
    gate = rules.classes_gate(config(), Classes(changes=changes, added=[], removed=[], untested=0), "advisory")
    assert gate.note == "c0, c1, c2 and 7 more"


@pytest.mark.parametrize(
    ("changes", "result"),
    [
        ([a_share("north", -0.3, is_significant=True)], "fail"),
        ([a_share("north", 0.3, is_significant=True)], "pass"),
        ([], "not available"),
    ],
)
def test_subgroups(changes: list[ShareChange], result: str) -> None:
    found = [Subgroups(column="site", changes=changes, num_left_out=0)]
    assert rules.subgroups_gate("subgroups:site", "site", config(), found, "advisory").result == result
    missing = rules.subgroups_gate("subgroups:device", "device", config(), found, "advisory")
    assert (missing.result, missing.note) == ("not available", "the compared predictions have no such column")


@pytest.mark.parametrize(
    ("head", "low", "result"),
    [
        (0.15, 0.01, "fail"),
        (0.15, -0.01, "pass"),
        (0.115, 0.01, "pass"),
        (0.05, -0.1, "pass"),
        (0.2, None, "not available"),
    ],
)
def test_calibration_may_grow_by_chance_or_within_the_margin(head: float, low: float | None, result: str) -> None:
    gate = rules.calibration_gate(config(), [a_change("ece", 0.1, head, low, 0.3 if low else None)], "advisory")
    assert gate.result == result
    assert rules.calibration_gate(config(), [], "advisory").result == "not available"


def a_diff(findings: list[dict[str, str]]) -> DataDiff:
    duplicates = {
        "findings": findings,
        "held_out_before": 0,
        "held_out_after": 0,
        "num_new_pairs": 0,
        "pairs": [],
    }
    side = {"num_images": 0, "num_unlabelled": 0, "num_classes": 0}
    images = {"count": 0, "examples": []}
    moved = {**images, "num_groups": 0, "transitions": []}
    regrouped = {**images, "num_groups_before": 0, "num_groups_after": 0}
    return DataDiff.model_validate(
        {
            "revision": "main",
            "commit": "0" * 40,
            "disclose": "ids",
            "before": side,
            "after": side,
            **{key: [] for key in ("splits", "new_classes", "vanished_classes", "classes", "settings", "notes")},
            **dict.fromkeys(("added", "removed", "repinned"), images),
            "relabelled": {**images, "transitions": []},
            "moved": moved,
            "regrouped": regrouped,
            "columns": {"added": [], "removed": [], "changed": {}},
            "leaks": {"torn_groups": 0, "torn": [], "trained_before": 0},
            "duplicates": duplicates,
            "bytes": {"before": 0, "after": 0, "num_parts_before": 0, "num_parts_after": 0},
            "parts": {"not_available": "no parts"},
        }
    )


@pytest.mark.parametrize(
    ("severity", "status", "result"),
    [("error", "new", "fail"), ("warning", "new", "pass"), ("error", "gone", "pass"), ("error", "changed", "pass")],
)
def test_a_new_error_in_the_data_fails(severity: str, status: str, result: str) -> None:
    finding = {"id": "D101", "severity": severity, "message": "torn groups", "status": status}
    gate = rules.data_gate(a_diff([finding]), "required")
    assert (gate.result, gate.note) == (result, "D101 torn groups" if result == "fail" else "")


def test_data_that_nobody_compared_is_not_available() -> None:
    assert rules.data_gate(NOWHERE, "required").note == "nobody knows"
    stale = a_diff([]).model_copy(update={"duplicates": NotAvailable(not_available="the report is stale")})
    gate = rules.data_gate(stale, "required")
    assert (gate.result, gate.note) == ("not available", "the report is stale")


def a_cost() -> Cost:
    def step(name: str, base: float | None, head: float | None, peak: int | None) -> StepCost:
        return StepCost(
            step=name,
            base_s=base,
            head_s=head,
            base_peak_bytes=None,
            head_peak_bytes=peak,
            base_device=None,
            head_device=None,
        )

    amounts = [Amount(name="model_bytes", base=100, head=200)]
    return Cost(steps=[step("prepare", 1, 1, 900), step("train", 10, 20, 700)], amounts=amounts)


@pytest.mark.parametrize(
    ("name", "limit", "base", "head", "result"),
    [
        ("model_bytes", 200, 100, 200, "pass"),
        ("model_bytes", 199, 100, 200, "fail"),
        ("train_s", 15, 10, 20, "fail"),
        ("peak_bytes", 1000, None, 900, "pass"),
        ("latency_p95_ms", 5, None, None, "not available"),
    ],
)
def test_a_budget_limits_what_the_head_costs(
    name: str, limit: float, base: float | None, head: float | None, result: str
) -> None:
    budget = BudgetLimit(name=name, limit=float(limit), level="required")
    gate = rules.budget_gate("budget:x", budget, "required", a_cost())
    assert (gate.base, gate.head, gate.result) == (base, head, result)
    assert rules.budget_gate("budget:x", budget, "required", NOWHERE).result == "not available"


def test_a_budget_for_a_step_that_never_ran_is_not_available() -> None:
    budget = BudgetLimit(name="train_s", limit=1.0, level="required")
    assert rules.budget_gate("budget:x", budget, "required", Cost(steps=[], amounts=[])).result == "not available"


@pytest.mark.parametrize("text", ["Site", "施設", "a b\n|`@x", "", "x" * 500])
def test_any_name_makes_an_id(text: str) -> None:
    gate_id = f"subgroups:{rules.slug(text)}"
    assert Gate.model_validate(rules.data_gate(NOWHERE, "required").model_dump() | {"id": gate_id}).id == gate_id
