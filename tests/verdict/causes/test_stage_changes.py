from typing import Any

from history import lock_text

from winnow.verdict.causes.lock_file import Lock, parse_lock
from winnow.verdict.causes.stage_changes import compare_stages, differing_inputs
from winnow.verdict.record.context import Stage


def lock(**stages: Any) -> Lock:
    return parse_lock(lock_text(stages).encode(), "dvc.lock")


def train(**changes: Any) -> dict[str, Any]:
    stage = {
        "cmd": "run train",
        "deps": {"data": "1", "code": "2"},
        "params": {"params.yaml": {"train": {"lr": 0.1, "seed": 0}}, "more.json": {"k": 1}},
        "outs": {"model": "3"},
    }
    return stage | changes


def test_a_stage_with_the_same_inputs_did_not_run() -> None:
    # Its output may differ (another machine): that is no cause.
    stages = compare_stages(lock(train=train()), lock(train=train(outs={"model": "4"})), {})
    assert stages == [Stage(name="train", state="unchanged", reasons=[])]


def test_every_kind_of_input_is_a_reason_by_its_name() -> None:
    params = {"params.yaml": {"train": {"lr": 0.2, "seed": 0}}, "more.json": {"k": 2}}
    other = lock(train=train(cmd="run fast", deps={"data": "9", "new": "5"}, params=params))
    reasons = differing_inputs(lock(train=train()).stages["train"], other.stages["train"])
    assert reasons == ["data", "new", "code", "train.lr", "more.json:k", "cmd"]


def test_new_removed_and_out_of_date_stages_are_told_apart() -> None:
    base, head = lock(a=train(), gone=train()), lock(a=train(cmd="x"), b=train())
    stages = compare_stages(base, head, {"a": ["code"], "c": ["dvc.lock"]})
    assert [(stage.name, stage.state, stage.reasons) for stage in stages] == [
        ("a", "out of date", ["code"]),
        ("b", "new", []),
        ("c", "out of date", ["dvc.lock"]),
        ("gone", "removed", []),
    ]


def test_without_a_lock_at_the_base_all_is_new() -> None:
    assert [stage.state for stage in compare_stages(Lock(), lock(a=train()), {})] == ["new"]
    assert compare_stages(Lock(), Lock(), {}) == []
