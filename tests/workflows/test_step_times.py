import subprocess
import sys
from pathlib import Path

import pytest
import step_times
from act_log import Job, Outcome, Step
from github_records import Repository, Run, Token, User

WORKFLOWS = {
    "pipeline": ("Pipeline", [("Set up winnow", 40.0), ("Rebuild and judge", 7.0), ("Hand over the verdict", 1.0)]),
    "report": ("Comment and check", [("Set up winnow", 40.0), ("Post", 2.5)]),
}


def outcome(workflow: str) -> Outcome:
    job, steps = WORKFLOWS[workflow]
    user = User(1, "rice")
    head = Repository(2, user, "leaves")
    run = Run(3, 1, workflow, f".github/workflows/{workflow}.yaml", "push", "a" * 40, "main", head, user)
    done = Job("job", job, {}, "success", [Step(str(n), name, "success", took) for n, (name, took) in enumerate(steps)])
    return Outcome(run, Token("x", "y", "z", frozenset(), {}), True, [done], [], "")


def test_the_steps_of_all_runs_become_a_table_with_what_a_pull_request_waits_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "times.jsonl"
    monkeypatch.setenv(step_times.VARIABLE, str(path))
    for workflow in ("pipeline", "report", "report"):
        step_times.note(outcome(workflow))
    times = step_times.read(path)
    assert len(times) == 3 + 2 + 2
    said = "\n".join(step_times.table(times))
    assert (
        "report    Comment and check            Post                                          2    2.5s    2.5s" in said
    )
    assert "setting up: 4 s, measured" in said, "training and setting up are not counted: 1 + 2.5 s"
    assert "took 7 s with a stage of no weight" in said
    done = subprocess.run(
        [sys.executable, step_times.__file__, str(path)], capture_output=True, text=True, check=True, encoding="utf-8"
    )
    assert done.stdout.rstrip("\n") == said


def test_a_workflow_of_a_test_is_not_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(step_times.VARIABLE, str(tmp_path / "times.jsonl"))
    made_up = outcome("report")
    made_up.jobs[0].name = "post"
    step_times.note(made_up)
    assert step_times.read(tmp_path / "times.jsonl") == []


def test_half_a_chain_makes_no_estimate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(step_times.VARIABLE, str(tmp_path / "times.jsonl"))
    step_times.note(outcome("report"))
    said = "\n".join(step_times.table(step_times.read(tmp_path / "times.jsonl")))
    assert "no estimate" in said


def test_nothing_is_noted_unless_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(step_times.VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    step_times.note(outcome("report"))
    assert list(tmp_path.iterdir()) == []
    assert step_times.main(tmp_path / "times.jsonl") == 1
    assert "no step was noted" in capsys.readouterr().out
