"""The last job of the workflow `registry`, as a command."""

import json
from pathlib import Path

import pytest
from github_api import GitHubServer
from release_samples import request, verification
from released import Works

from winnow.commands.release_tell import tell_release
from winnow.errors import ExitCode, UsageError
from winnow.files import write_json

NEEDS = json.dumps({name: {"result": "success"} for name in ("request", "verify", "approve", "promote", "deploy")})


@pytest.mark.slow
def test_a_release_is_told_on_the_pull_request_and_on_the_jobs_page(
    works: Works, server: GitHubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = tmp_path / "git" / "rice" / "leaves.git"
    bare.parent.mkdir(parents=True)
    (works.folder / "origin.git").rename(bare)
    repository = server.github.add_repository("rice/leaves", git=bare)
    token = server.github.add_token("tell", repository, contents="read", pull_requests="write")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "page.md"))
    folder = works.root / ".winnow" / "release"
    write_json(folder / "request.json", request().as_dict())
    write_json(folder / "verification.json", verification().as_dict())
    variables = {**server.variables(), "GITHUB_REPOSITORY": "rice/leaves", "GITHUB_TOKEN": token.secret, "NEEDS": NEEDS}
    told = tell_release(works.project, variables=variables)
    assert told.lines()[1] == "no pull request has brought this model: the job summary has the report"
    pull = server.github.add_pull(repository, "main", merge_sha=works.git("rev-parse", "HEAD"), state="closed")
    told = tell_release(works.project, variables=variables)
    assert (told.exit_code, told.lines()[0]) == (ExitCode.OK, "classifier@v1.0.0 to staging: it serves")
    [comment] = repository.comments_on(pull.number)
    assert comment.body.startswith("### 🚀 Release of classifier@v1.0.0 to staging: it serves")
    assert (tmp_path / "page.md").read_text(encoding="utf-8").count("it serves") == 2
    reader = server.github.add_token("reader", repository, contents="read", pull_requests="read")
    write_json(folder / "request.json", request(stage="production").as_dict())
    told = tell_release(works.project, variables={**variables, "GITHUB_TOKEN": reader.secret})
    assert told.exit_code == ExitCode.MACHINE
    assert "could not be posted" in told.lines()[1]


def test_where_nothing_was_asked_for_there_is_nothing_to_tell(works: Works) -> None:
    nothing = request(action="none", artifact="", version="")
    write_json(works.root / ".winnow" / "release" / "request.json", nothing.as_dict())
    with pytest.raises(UsageError, match="nothing was asked for"):
        tell_release(works.project, variables={"NEEDS": NEEDS})
