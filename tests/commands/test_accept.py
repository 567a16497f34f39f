import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from github_api import github_on_loopback
from github_events import workflow_run
from trained import LABEL, Trained, add_run

from winnow.cli.main import main
from winnow.commands.accept import accept
from winnow.errors import CheckError


@pytest.fixture
def trained(trained_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Trained]:
    with github_on_loopback(tmp_path) as server:
        made = Trained.create(trained_template, tmp_path, server)
        made.label()
        run = add_run(server, made.repository, made.pull, ".github/workflows/label.yaml")
        event = tmp_path / "event.json"
        event.write_text(json.dumps(workflow_run(server, made.repository, run)), encoding="utf-8")
        secret = made.github().token
        told = {"NAME": "workflow_run", "PATH": str(event)}
        variables = {
            **server.variables(),
            **{f"GITHUB_EVENT_{name}": value for name, value in told.items()},
            "GITHUB_REPOSITORY": made.repository.full_name,
            "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
            "GITHUB_TOKEN": secret,
        }
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(made.work)
        yield made


def summary(trained: Trained) -> str:
    return (trained.root / "summary.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_label_becomes_a_commit_and_the_summary_tells_it(trained: Trained) -> None:
    trained.hand_over()
    body = {"name": "ci", "head_sha": trained.head, "conclusion": "failure"}
    trained.github().send("POST", "check-runs", body)
    old = trained.head
    result = accept(None, is_dry=False)
    told = json.loads(json.dumps(result.records()))
    assert (told["commit"], told["head"], told["by"], told["is_new"]) == (trained.head, old, "mira", True)
    assert told["carried"][0]["conclusion"] == "failure"
    text = "\n".join(result.lines())
    for words in ("its model is accepted", trained.head[:12], "asked by mira", "dvc.lock", "ci: failure"):
        assert words in text
    for words in ("its model is accepted", trained.head[:12], "asked by", "mira"):
        assert words in summary(trained)
    assert trained.pull.labels == []


@pytest.mark.slow
def test_a_refusal_ends_with_the_reason_in_the_summary_too(
    trained: Trained, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    trained.files["planted"] = b"x"
    trained.hand_over()
    monkeypatch.setattr("sys.argv", ["winnow", "accept"])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 1
    assert "the handover was refused: it holds a file that no stage" in capsys.readouterr().err
    assert "Not accepted: nothing was committed" in summary(trained)
    assert trained.num_commits() == 1


def test_a_label_by_somebody_else_is_told_and_left(trained: Trained) -> None:
    trained.repository.roles["mira"] = "write"
    with pytest.raises(CheckError, match="has the role `write`"):
        accept(None, is_dry=False)
    assert "role" in summary(trained)
    assert trained.pull.labels == [LABEL]
