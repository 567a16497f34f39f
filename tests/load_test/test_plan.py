from dataclasses import replace
from pathlib import Path

import pytest

from winnow.errors import UsageError
from winnow.load_test.plan import Plan, read_plan, require_sound, write_plan

PLAN = Plan("http://127.0.0.1:8000", rate_per_s=5, duration_s=10, warm_up_s=2)


def test_a_plan_goes_through_a_file_unchanged(tmp_path: Path) -> None:
    write_plan(tmp_path / "plan.json", PLAN)
    assert read_plan(tmp_path / "plan.json") == PLAN


def test_a_rate_is_an_open_loop_and_users_are_a_closed_one() -> None:
    closed = Plan(PLAN.url, num_users=3)
    assert (PLAN.is_open, PLAN.num_clients, PLAN.end_s) == (True, 256, 12)
    assert (closed.is_open, closed.num_clients) == (False, 3)
    assert require_sound(PLAN) is PLAN
    assert require_sound(closed) is closed


@pytest.mark.parametrize(
    "changes",
    [
        {"rate_per_s": 0.0},
        {"num_users": 4},
        {"rate_per_s": -1.0},
        {"rate_per_s": float("nan")},
        {"rate_per_s": float("inf")},
        {"duration_s": 0.0},
        {"warm_up_s": -1.0},
        {"timeout_s": 0.0},
        {"max_open": 0},
        {"url": "ftp://127.0.0.1"},
        {"url": "127.0.0.1:8000"},
        {"url": "http://127.0.0.1/v1/predict"},
        {"url": "http://user:secret@127.0.0.1"},
        {"path": "v1/predict"},
    ],
)
def test_a_plan_that_cannot_be_carried_out_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        require_sound(replace(PLAN, **changes))  # type: ignore[arg-type]
