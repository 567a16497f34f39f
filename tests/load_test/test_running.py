import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from winnow.errors import InputError, MachineError
from winnow.load_test import running
from winnow.load_test.answers import Answer, write_answers
from winnow.load_test.pictures import Picture
from winnow.load_test.plan import Plan

PLAN = Plan("http://127.0.0.1:9", rate_per_s=1, duration_s=1)
PICTURES = [Picture("a", b"a", "image/png")]


def test_without_locust_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(MachineError, match=r"winnow\[load\]"):
        running.run(PLAN, PICTURES)


def test_where_nobody_answers_nothing_is_started() -> None:
    with pytest.raises(InputError, match=r"expected a service at http://127\.0\.0\.1:9, got no answer"):
        running.require_service(PLAN.url)


def test_a_process_that_fails_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: True)
    monkeypatch.setattr(running, "require_service", lambda _: None)
    # It finds no plan: `write_plan` wrote nothing.
    monkeypatch.setattr(running, "write_plan", lambda *_: None)
    with pytest.raises(MachineError, match=r"the process that asks failed: .*plan\.json"):
        running.run(PLAN, PICTURES)


def test_what_the_process_wrote_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = Answer(1.0, 1.0, 1.5, 200, "a")
    real = subprocess.Popen

    def pretend(command: list[str], **words: object) -> object:
        write_answers(Path(command[-1]) / "answers.csv", [answer])
        return real([sys.executable, "-c", "pass"], **words)  # type: ignore[call-overload]

    monkeypatch.setattr(importlib.util, "find_spec", lambda _: True)
    monkeypatch.setattr(running, "require_service", lambda _: None)
    monkeypatch.setattr(subprocess, "Popen", pretend)
    assert running.run(PLAN, PICTURES) == [answer]
