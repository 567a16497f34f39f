import logging
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from winnow.errors import InputError
from winnow.gate_config import GateConfig
from winnow.records import NotAvailable
from winnow.verdict.judging.case import Judging
from winnow.verdict.judging.comparison import Judgement, judge
from winnow.verdict.judging.gates import Surroundings, gate_ids, judge_gates
from winnow.verdict.judging.metric_changes import Summaries
from winnow.verdict.record.context import Gate, Waiver
from winnow.verdict.sides.alignment import Pair

MakeJudging = Callable[..., Judging]
NOWHERE = NotAvailable(not_available="nobody knows")
WAIVER = Waiver(reason="a new camera", by="Ada", source="file")
EVERYTHING: dict[str, Any] = {
    "floors": [
        {"metric": "accuracy", "limit": 0.99, "level": "required"},
        {"metric": "brier", "limit": 0.0, "level": "off"},
        {"metric": "accuracy", "limit": 0.1, "level": "advisory"},
    ],
    "budgets": [{"name": "model_bytes", "limit": 10.0, "level": "required"}],
    "subgroup_columns": ["site", "Site", "device"],
}


@pytest.fixture
def spoilt(make_pair: Callable[..., Pair], make_answers: Callable[..., NDArray[np.int64]]) -> Pair:
    """The head is worse, most of all for one class."""
    targets = np.arange(300) % 3
    base = make_answers(targets, 0.95, 3, 0)
    head = base.copy()
    head[np.flatnonzero(targets == 2)[:60]] = 0
    return make_pair(targets, base, head, further={"site": ["north", "south", "south"] * 100})


def around(**changes: Any) -> Surroundings:
    fields = {"has_base": True, "summaries": Summaries({}, {}), "data": NOWHERE, "cost": NOWHERE}
    return Surroundings(**(fields | changes))


def gates_of(pair: Pair | NotAvailable, judging: Judging, surroundings: Surroundings, **waivers: Waiver) -> list[Gate]:
    judgement: Judgement = judge(pair, judging, surroundings.summaries)
    by_id = {name.replace("__", ":"): waiver for name, waiver in waivers.items()}
    return judge_gates(judging.gate, judgement, surroundings, by_id)


def test_gates_come_in_the_order_of_the_params_and_those_that_are_off_are_not_listed(
    spoilt: Pair, make_judging: MakeJudging
) -> None:
    gates = gates_of(spoilt, make_judging(**EVERYTHING, data="off"), around())
    assert [(gate.id, gate.level, gate.result) for gate in gates] == [
        ("primary", "required", "fail"),
        ("classes", "advisory", "fail"),
        ("subgroups:site", "advisory", "fail"),
        ("subgroups:site:2", "advisory", "not available"),
        ("subgroups:device", "advisory", "not available"),
        ("calibration", "advisory", "pass"),
        ("floor:accuracy", "required", "fail"),
        ("floor:accuracy:2", "advisory", "pass"),
        ("budget:model_bytes", "required", "not available"),
    ]
    assert gates[1].note == "class 00002"
    assert gates[2].note == "south"


def test_every_gate_that_can_be_listed_has_a_known_id(spoilt: Pair, make_judging: MakeJudging) -> None:
    judging = make_judging(**EVERYTHING)
    ids = gate_ids(judging.gate)
    assert {gate.id for gate in gates_of(spoilt, judging, around())} < set(ids)
    assert "floor:brier" in ids


def test_everything_off_lists_nothing(spoilt: Pair, make_judging: MakeJudging) -> None:
    off = dict.fromkeys(("primary", "classes", "subgroups", "calibration", "data"), "off")
    assert gates_of(spoilt, make_judging(**off, subgroup_columns=["site"]), around()) == []


def test_a_base_that_cannot_be_had_leaves_gates_unanswered(make_judging: MakeJudging) -> None:
    missing = NotAvailable(not_available="the remote does not answer")
    gates = gates_of(missing, make_judging(subgroup_columns=["site"]), around())
    assert {gate.result for gate in gates} == {"not available"}
    assert gates[0].note == "the remote does not answer"


def test_the_first_pull_request_has_floors_and_budgets_only(
    make_judging: MakeJudging, caplog: pytest.LogCaptureFixture
) -> None:
    missing = NotAvailable(not_available="the base has no model")
    surroundings = around(has_base=False, summaries=Summaries({}, {"accuracy": 0.995}))
    with caplog.at_level(logging.INFO, logger="winnow"):
        gates = gates_of(missing, make_judging(**EVERYTHING), surroundings)
    assert [(gate.id, gate.result) for gate in gates] == [
        ("floor:accuracy", "pass"),
        ("floor:accuracy:2", "pass"),
        ("budget:model_bytes", "not available"),
    ]
    assert "gates that compare with it are left out" in caplog.text


def test_a_waiver_covers_a_failed_and_an_unanswered_gate(spoilt: Pair, make_judging: MakeJudging) -> None:
    gates = gates_of(spoilt, make_judging(), around(), primary=WAIVER, data=WAIVER)
    found = {gate.id: gate for gate in gates}
    assert (found["primary"].result, found["primary"].waiver) == ("waived", WAIVER)
    assert (found["data"].result, found["data"].note) == ("waived", "nobody knows")
    assert (found["classes"].result, found["classes"].waiver) == ("fail", None)


def test_a_waiver_that_is_not_needed_is_told(
    spoilt: Pair, make_judging: MakeJudging, caplog: pytest.LogCaptureFixture
) -> None:
    judging = make_judging(floors=[{"metric": "accuracy", "limit": 0.1, "level": "required"}])
    with caplog.at_level(logging.INFO, logger="winnow"):
        gates = gates_of(spoilt, judging, around(), floor__accuracy=WAIVER)
    assert (gates[-1].result, gates[-1].waiver) == ("pass", None)
    assert "the waiver for the gate `floor:accuracy` is not needed" in caplog.text


def test_a_waiver_for_a_gate_that_is_off_is_no_mistake(spoilt: Pair, make_judging: MakeJudging) -> None:
    gates = gates_of(spoilt, make_judging(primary="off"), around(), primary=WAIVER)
    assert "primary" not in {gate.id for gate in gates}


def test_a_waiver_for_an_unknown_gate_names_the_nearest(spoilt: Pair, make_judging: MakeJudging) -> None:
    with pytest.raises(InputError, match="the gate `primry`, and there is none") as caught:
        gates_of(spoilt, make_judging(), around(), primry=WAIVER)
    assert caught.value.hint == "did you mean `primary`?"


def test_ids_are_for_any_column(make_judging: MakeJudging) -> None:
    config: GateConfig = make_judging(subgroup_columns=["Gerät", "ger_t", "施設"]).gate
    assert [gate_id for gate_id in gate_ids(config) if ":" in gate_id] == [
        "subgroups:ger_t",
        "subgroups:ger_t:2",
        "subgroups:__",
    ]
