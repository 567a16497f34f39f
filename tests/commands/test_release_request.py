"""The first job of the workflow `registry`, as a command."""

import json
from pathlib import Path

import pytest
from released import Works

from winnow.commands.release_request import request_release
from winnow.errors import UsageError
from winnow.project import Project


def event(folder: Path, name: str, content: object, ref: str = "") -> dict[str, str]:
    (folder / "event.json").write_text(json.dumps(content), encoding="utf-8")
    return {"GITHUB_EVENT_NAME": name, "GITHUB_EVENT_PATH": str(folder / "event.json"), "GITHUB_REF": ref}


def test_an_event_becomes_a_request(works: Works, tmp_path: Path) -> None:
    ref = "refs/tags/classifier@v1.0.0"
    told = request_release(Project(works.root / "data"), variables=event(tmp_path, "push", {"ref": ref}, ref))
    assert told.lines() == ["promote classifier@v1.0.0 to staging: the tag classifier@v1.0.0"]
    left = json.loads((works.root / ".winnow" / "release" / "request.json").read_bytes())
    assert (left["artifact"], left["version"], left["stage"]) == ("classifier", "v1.0.0", "staging")
    ref = "refs/tags/left-pad@v1.0.0"
    told = request_release(works.project, variables=event(tmp_path, "push", {"ref": ref}, ref))
    assert told.lines() == ["nothing to do: no project here has the model left-pad"]


def test_a_refusal_is_on_the_jobs_page_and_cannot_act(
    works: Works, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "page.md"))
    payload = {"artifact_collection_name": "<script>@rice</script>", "version": "v1.0.0"}
    forged = event(tmp_path, "repository_dispatch", {"action": "staged_model", "client_payload": payload})
    with pytest.raises(UsageError, match="expected one project of the default branch"):
        request_release(works.project, variables=forged)
    page = (tmp_path / "page.md").read_text(encoding="utf-8")
    assert "The request was refused" in page
    assert "<script>" not in page
    assert not (works.root / ".winnow" / "release" / "request.json").exists()
