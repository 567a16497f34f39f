"""A real repository of three commits: main, and a branch that parted from it."""

from pathlib import Path

import pytest

from repository import git
from winnow.errors import MachineError, UsageError
from winnow.project import Project
from winnow.repository.git import call_git, default_branch, git_root, merge_base, read_at, require_success, resolve


def commit(project: Project, text: str) -> str:
    project.labels.parent.mkdir(parents=True, exist_ok=True)
    project.labels.write_text(text, encoding="utf-8")
    git(project.root, "add", "-A")
    git(project.root, "commit", "-qm", text)
    return git(project.root, "rev-parse", "HEAD")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.delenv("GIT_DIR", raising=False)
    git(tmp_path, "init", "-q", "-b", "main")
    project = Project(tmp_path / "sub folder")
    commit(project, "one")
    return project


def test_a_file_is_read_as_it_was(project: Project) -> None:
    first = git(project.root, "rev-parse", "HEAD")
    second = commit(project, "two")
    assert read_at(project, first, project.labels) == b"one"
    assert read_at(project, second, project.labels) == b"two"
    assert read_at(project, first, project.images_dvc) is None


def test_the_point_where_branches_parted_is_found(project: Project) -> None:
    base = resolve(project, "main")
    git(project.root, "checkout", "-qb", "feature")
    commit(project, "feature")
    git(project.root, "checkout", "-q", "main")
    other = commit(project, "main moved on")
    assert merge_base(project, "feature") == base
    assert resolve(project, "main") == other


@pytest.mark.parametrize("revision", ["nowhere", "", "--help", "main:sub folder/data/labels.csv", "a b"])
def test_what_names_no_commit_is_refused(project: Project, revision: str) -> None:
    with pytest.raises(UsageError, match="git fetch --unshallow"):
        resolve(project, revision)


def test_the_default_branch_is_the_remotes_else_one_of_the_usual_names(project: Project) -> None:
    assert default_branch(project) == "main"
    git(project.root, "branch", "-m", "trunk")
    assert default_branch(project) is None
    git(project.root, "update-ref", "refs/remotes/origin/master", "HEAD")
    assert default_branch(project) == "origin/master"
    git(project.root, "update-ref", "refs/remotes/origin/trunk", "HEAD")
    git(project.root, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk")
    assert default_branch(project) == "origin/trunk"


def test_histories_that_never_met_have_no_base(project: Project) -> None:
    git(project.root, "checkout", "-q", "--orphan", "other")
    commit(project, "stranger")
    with pytest.raises(UsageError, match="share no commit"):
        merge_base(project, "main")


def test_outside_a_repository_the_way_in_is_told(tmp_path: Path) -> None:
    project = Project(tmp_path)
    with pytest.raises(UsageError, match="git init"):
        git_root(project)


def test_the_work_tree_of_a_project_in_a_subfolder_is_found(project: Project) -> None:
    assert git_root(project) == project.root.parent.resolve()


def test_what_git_complains_of_is_told(project: Project) -> None:
    with pytest.raises(MachineError, match="pathspec"):
        require_success(call_git(project, "checkout", "nowhere"))


def test_a_machine_without_git_is_told_apart(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MachineError, match="install Git"):
        call_git(project, "status")
