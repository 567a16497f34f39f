"""The job of a pushed tag that hands over, as a command."""

from pathlib import Path

import pytest
from github_api import GitHubServer
from release_samples import request

from repository import call
from winnow.commands.release_forward import forward_release
from winnow.errors import InputError, UsageError
from winnow.files import write_json
from winnow.project import Project


@pytest.fixture
def root(tmp_path: Path) -> Path:
    call(tmp_path, "git", "init", "-q", "work")
    return tmp_path / "work"


def test_what_was_read_is_handed_on(root: Path, server: GitHubServer) -> None:
    repository = server.github.add_repository("rice/leaves")
    token = server.github.add_token("forward", repository, contents="read", actions="write")
    variables = {**server.variables(), "GITHUB_REPOSITORY": "rice/leaves", "GITHUB_TOKEN": token.secret}
    write_json(root / ".winnow" / "release" / "request.json", request().as_dict())
    told = forward_release(Project(root), variables=variables)
    assert told.lines() == ["classifier@v1.0.0 to staging: a run of main goes on with it"]
    assert [each["inputs"] for each in repository.dispatches] == [
        {"name": "classifier", "version": "v1.0.0", "stage": "staging"}
    ]


def test_nothing_is_handed_on_where_nothing_was_asked_for(root: Path) -> None:
    with pytest.raises(InputError, match=r"request\.json"):
        forward_release(Project(root), variables={})
    nothing = request(action="none", artifact="", version="", folder="")
    write_json(root / ".winnow" / "release" / "request.json", nothing.as_dict())
    with pytest.raises(UsageError, match="nothing to hand on"):
        forward_release(Project(root), variables={})
