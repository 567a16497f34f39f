import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from winnow.commands import load as verb
from winnow.errors import ExitCode, InputError, UsageError
from winnow.load_test.answers import Answer
from winnow.load_test.limits import Limits
from winnow.load_test.pictures import Picture
from winnow.load_test.plan import Plan

PLAN = Plan("http://127.0.0.1:1", rate_per_s=2, duration_s=10, warm_up_s=0)


def answers(latency_ms: float = 20, *, status: int = 200, late_s: float = 0.0) -> list[Answer]:
    return [
        Answer(second, second + late_s, second + latency_ms / 1000, status, "x", "" if status else "TimeoutError()")
        for second in range(10)
    ]


@pytest.fixture
def pretend(monkeypatch: pytest.MonkeyPatch) -> Callable[[list[Answer]], list[list[Picture]]]:
    """Return a function: these are the answers; it returns what was sent."""

    def arrange(given: list[Answer]) -> list[list[Picture]]:
        seen: list[list[Picture]] = []

        def run(_: Plan, pictures: list[Picture]) -> list[Answer]:
            seen.append(pictures)
            return given

        monkeypatch.setattr(verb, "run", run)
        return seen

    return arrange


Pretend = Callable[[list[Answer]], list[list[Picture]]]


def test_kept_limits_end_with_0_and_broken_ones_with_1_and_their_names(pretend: Pretend) -> None:
    pretend(answers(20))
    assert verb.load(PLAN, Limits(max_p95_ms=25)).exit_code == ExitCode.OK
    failed = verb.load(PLAN, Limits(max_p95_ms=15))
    assert failed.exit_code == ExitCode.FAILED
    assert failed.lines()[-1] == "broken: p95: expected at most 15 ms, got 20"
    assert failed.records()["broken"] == ["p95: expected at most 15 ms, got 20"]


def test_the_account_names_what_came_back_and_what_did_not(pretend: Pretend) -> None:
    pretend(answers(20) + answers(3, status=503) + answers(5000, status=0))
    text = "\n".join(verb.load(PLAN, Limits()).lines())
    assert "2 arrivals a second" in text
    assert "p50 20.0, p95 20.0, p99 20.0" in text
    assert "33.33%" in text
    assert "10 times TimeoutError()" in text
    assert "late" not in text


def test_a_busy_client_says_so(pretend: Pretend) -> None:
    pretend(answers(900, late_s=0.5))
    assert "requests left here late (p99 500 ms" in "\n".join(verb.load(PLAN, Limits()).lines())


def test_a_table_a_summary_and_a_picture_are_written(pretend: Pretend, tmp_path: Path) -> None:
    pretend(answers())
    result = verb.load(PLAN, Limits(), out=tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"requests.csv", "summary.json", "load.svg"}
    with (tmp_path / "out" / "requests.csv").open(encoding="utf-8") as stream:
        assert [float(row["latency_ms"]) for row in csv.DictReader(stream)] == [20.0] * 10
    written = json.loads((tmp_path / "out" / "summary.json").read_text("utf-8"))
    assert written["latency"]["p95_ms"] == result.records()["latency"]["p95_ms"] == 20
    assert written["plan"]["rate_per_s"] == 2


def test_own_pictures_take_the_place_of_generated_ones(pretend: Pretend, tmp_path: Path) -> None:
    seen = pretend(answers())
    (tmp_path / "mine.png").write_bytes(b"mine")
    verb.load(PLAN, Limits(), pictures=tmp_path)
    verb.load(PLAN, Limits())
    assert seen[0] == [Picture("mine.png", b"mine", "image/png")]
    assert len(seen[1]) > 10


def test_what_cannot_be_is_refused_before_anything_is_asked(pretend: Pretend, tmp_path: Path) -> None:
    seen = pretend([])
    with pytest.raises(UsageError):
        verb.load(Plan("http://127.0.0.1:1"), Limits())
    with pytest.raises(UsageError):
        verb.load(PLAN, Limits(max_p95_ms=-1))
    with pytest.raises(InputError):
        verb.load(PLAN, Limits(), pictures=tmp_path)
    assert seen == []
