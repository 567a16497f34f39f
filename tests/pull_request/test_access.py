import os
import shutil
import subprocess
from pathlib import Path

import pytest

from winnow.errors import UsageError
from winnow.project import Project
from winnow.pull_request.access import github_of


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    git = shutil.which("git")
    assert git
    monkeypatch.setenv("PATH", str(Path(git).parent))
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    return Project(tmp_path)


def set_origin(project: Project, url: str) -> None:
    subprocess.run(["git", "remote", "add", "origin", url], cwd=project.root, check=True)


def test_a_workflow_names_everything(project: Project) -> None:
    variables = {"GITHUB_REPOSITORY": "rice/leaves", "GITHUB_TOKEN": "t", "GITHUB_API_URL": "https://here/api/v3"}
    github = github_of(project, variables)
    assert (github.repository, github.token, github.api) == ("rice/leaves", "t", "https://here/api/v3")


@pytest.mark.parametrize(
    ("url", "api"),
    [
        ("https://github.com/rice/leaves", "https://api.github.com"),
        ("https://github.com/rice/leaves.git", "https://api.github.com"),
        ("https://ada:pw@github.com/rice/leaves/", "https://api.github.com"),
        ("git@github.com:rice/leaves.git", "https://api.github.com"),
        ("ssh://git@github.com/rice/leaves.git", "https://api.github.com"),
        ("https://git.firm.example:8443/rice/leaves", "https://git.firm.example:8443/api/v3"),
        ("git@git.firm.example:rice/leaves.git", "https://git.firm.example/api/v3"),
    ],
)
def test_on_a_laptop_the_remote_does(project: Project, url: str, api: str) -> None:
    set_origin(project, url)
    github = github_of(project, {"GH_TOKEN": "mine"})
    assert (github.repository, github.token, github.api) == ("rice/leaves", "mine", api)


@pytest.mark.parametrize("url", ["", "../somewhere", "https://gitlab.example/a/b/c", "file:///a/b"])
def test_without_a_repository_on_github_nothing_is_asked(project: Project, url: str) -> None:
    if url:
        set_origin(project, url)
    with pytest.raises(UsageError, match="GITHUB_REPOSITORY"):
        github_of(project, {"GH_TOKEN": "mine"})


def test_the_login_of_gh_is_taken(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "bin" / "gh"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\necho "of $4"\n', encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    set_origin(project, "https://git.firm.example/rice/leaves")
    assert github_of(project, {}).token == "of git.firm.example"


def test_without_a_token_the_error_says_where_to_get_one(project: Project) -> None:
    set_origin(project, "https://github.com/rice/leaves")
    with pytest.raises(UsageError, match="gh auth login"):
        github_of(project, {})
