import json
from collections.abc import Callable
from pathlib import Path

import pytest
from branches import Branches, rows

from winnow.errors import ExitCode

Run = Callable[..., int]


def test_doctor_remote_answers_a_program_in_json(project: Path, run: Run, capsys: pytest.CaptureFixture) -> None:
    (project / ".dvc").mkdir()
    (project / "store").mkdir()
    (project / ".dvc" / "config").write_text(
        "[core]\n    no_scm = true\n    remote = storage\n['remote \"storage\"']\n    url = ../store\n",
        encoding="utf-8",
    )
    assert run("doctor", "remote", "--json") == ExitCode.OK
    answer = json.loads(capsys.readouterr().out)
    assert (answer["is_ok"], answer["kind"]) == (True, "folder")


def test_doctor_remote_without_a_remote_is_a_usage_error(
    project: Path, run: Run, capsys: pytest.CaptureFixture
) -> None:
    (project / ".dvc").mkdir()
    assert run("doctor", "remote") == ExitCode.USAGE
    assert "inv remote" in capsys.readouterr().err


def test_doctor_data_answers_a_program_in_json(
    run: Run, capsys: pytest.CaptureFixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    branches = Branches.create(tmp_path / "repository")
    monkeypatch.chdir(branches.project.root)
    branches.commit(rows([1]), parts=[branches.pack(1)])
    assert run("doctor", "data", "main", "--json") == ExitCode.OK
    answer = json.loads(capsys.readouterr().out)
    assert (answer["is_ok"], [each["name"] for each in answer["answers"]]) == (True, ["folder", "HEAD"])
    assert run("doctor", "data", "nowhere") == ExitCode.USAGE
    assert "expected a commit" in capsys.readouterr().err
