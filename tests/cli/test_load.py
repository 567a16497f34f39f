import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from winnow.commands import load as verb
from winnow.errors import ExitCode
from winnow.load_test.limits import Limits
from winnow.load_test.plan import Plan
from winnow.load_test.summary import summarize

Run = Callable[..., int]
URL = "http://127.0.0.1:1"


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the verb was called with; nothing was answered."""
    calls: list[dict[str, Any]] = []

    def load(plan: Plan, limits: Limits, **words: Any) -> verb.LoadResult:
        calls.append({"plan": plan, "limits": limits, **words})
        summary = summarize([], plan)
        return verb.LoadResult(plan, summary, limits.broken(summary))

    monkeypatch.setattr(verb, "load", load)
    return calls


def test_without_options_everything_is_as_the_plan_and_the_limits_say(run: Run, heard: list[dict[str, Any]]) -> None:
    assert run("load", f"{URL}/", "--rate", "5") == ExitCode.FAILED
    assert heard == [{"plan": Plan(URL, rate_per_s=5), "limits": Limits(), "pictures": None, "out": None}]


def test_every_option_arrives(run: Run, heard: list[dict[str, Any]]) -> None:
    words = {"users": 3, "duration-s": 4.0, "warm-up-s": 5.0, "timeout-s": 6.0, "max-open": 7, "seed": 8}
    words |= {"path": "/x", "form-field": "file", "pictures": "in", "out": "to"}
    limits = {"max-p95-ms": 1.0, "max-p99-ms": 2.0, "max-error-fraction": 0.3, "max-refused-fraction": 0.4}
    limits |= {"min-answered-per-s": 5.0}
    options = [text for name, value in {**words, **limits}.items() for text in (f"--{name}", str(value))]
    run("load", URL, *options)
    (call,) = heard
    assert call["limits"] == Limits(1, 2, 0.3, 0.4, 5)
    assert (call["pictures"], call["out"]) == (Path("in"), Path("to"))
    expected = Plan(URL, "/x", 0, 3, duration_s=4, warm_up_s=5, timeout_s=6, max_open=7, form_field="file", seed=8)
    assert call["plan"] == expected


def test_json_is_for_programs(run: Run, heard: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]) -> None:
    assert run("load", URL, "--users", "1", "--json") == ExitCode.FAILED
    assert json.loads(capsys.readouterr().out)["broken"] == ["none of 0 requests was answered"]


def test_a_service_that_is_not_there_is_a_usage_error(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("load", "http://127.0.0.1:9", "--users", "1") in {ExitCode.USAGE, ExitCode.MACHINE}
    assert run("load", URL) == ExitCode.USAGE
    assert "either --rate or --users" in capsys.readouterr().err
