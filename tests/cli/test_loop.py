from collections.abc import Callable
from pathlib import Path

import pytest
from branches import Branches, rows

from winnow.errors import ExitCode

Run = Callable[..., int]


def test_post_asks_for_the_event_of_a_run_or_its_number(
    project: Path, run: Run, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"GITHUB_REPOSITORY": "rice/leaves", "GITHUB_TOKEN": "token"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("GITHUB_EVENT_PATH", raising=False)
    assert run("pr", "post") == ExitCode.USAGE
    assert "hint: winnow pr post --run ID" in capsys.readouterr().err
    (project / "event.json").write_text("{}", encoding="utf-8")
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(project / "event.json"))
    assert run("pr", "post") == ExitCode.USAGE


def test_commands_of_a_run_need_a_folder_and_a_commit_to_compare_with(
    project: Path, run: Run, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("pr", "pipeline") == ExitCode.USAGE
    assert "--out" in capsys.readouterr().err
    made = Branches.create(project / "here")
    made.commit(rows([1]))
    monkeypatch.chdir(made.project.root)
    for command in (("pr", "pipeline"), ("pr", "pipeline", "--smoke"), ("pr", "data")):
        assert run(*command, "--base", "nowhere", "--out", str(project / "out")) == ExitCode.USAGE
        assert "expected a commit, a branch or a tag, got 'nowhere'" in capsys.readouterr().err
        assert run(*command, "--base", "main", "--out", str(project / "out")) == ExitCode.OK
        assert "nothing is handed over" in capsys.readouterr().out


def test_store_and_verify_say_that_there_is_no_remote(
    project: Path, run: Run, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Branches.create(project / "here")
    made.commit(rows([1]), dvc_yaml="stages: {}\n")
    monkeypatch.chdir(made.project.root)
    assert run("pr", "store", str(project / "absent")) == ExitCode.OK
    assert "no remote is set in .dvc/config" in capsys.readouterr().out
    assert run("verify", "remote") == ExitCode.OK
    assert ".: no remote is set" in capsys.readouterr().out
    assert run("verify", "remote", ".", "--json") == ExitCode.OK
    assert '"is_ok": true' in capsys.readouterr().out


@pytest.mark.slow
def test_verify_lock_tells_whether_the_lock_is_current(
    project: Path, run: Run, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Branches.create(project / "here")
    made.commit(rows([1]), dvc_yaml="stages: {}\n")
    monkeypatch.chdir(made.project.root)
    assert run("verify", "lock") == ExitCode.OK
    assert ".: dvc.lock is current" in capsys.readouterr().out
    made.commit(dvc_yaml="stages: {look: {cmd: echo}}\n")
    assert run("verify", "lock", "--base", "main") == ExitCode.FAILED
    assert "  look\n" in capsys.readouterr().out
