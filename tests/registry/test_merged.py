"""Against which commit a model was to be judged."""

from collections.abc import Callable
from pathlib import Path

import pytest

from repository import call
from winnow.errors import UsageError
from winnow.project import Project
from winnow.registry.merged import find_base

Head = Callable[..., str]
LOCK = "dvc.lock"


def git(project: Project, *arguments: str) -> str:
    return call(project.root, "git", *arguments).strip()


def test_the_first_model_has_none(project: Project, head: Head) -> None:
    assert find_base(project, git(project, "rev-parse", "HEAD")) is None
    first = git(project, "rev-parse", "HEAD")
    assert find_base(project, head({LOCK: "1"})) == first


def test_a_model_in_the_very_first_commit_has_none(project: Project, head: Head) -> None:
    git(project, "checkout", "-q", "--orphan", "main2")
    git(project, "branch", "-D", "main")
    commit = head({LOCK: "1"})
    git(project, "branch", "-m", "main")
    assert find_base(project, commit) is None


def test_on_the_default_branch_it_is_what_was_there_before_the_model(project: Project, head: Head) -> None:
    before = head({LOCK: "1"})
    head({LOCK: "2"})
    later = head({"README.md": "a word"})
    assert find_base(project, later) == before, "a commit without a model inherits the verdict"


def test_a_merged_pull_request_is_judged_as_one(project: Project, head: Head) -> None:
    head({LOCK: "1"})
    git(project, "checkout", "-q", "-b", "topic")
    for number in "234":
        head({LOCK: number})
    git(project, "checkout", "-q", "main")
    before = head({"README.md": "meanwhile"})
    git(project, "merge", "-q", "--no-ff", "-m", "merge", "topic")
    assert find_base(project, git(project, "rev-parse", "HEAD")) == before


def test_a_branch_is_judged_from_where_it_was_left(project: Project, head: Head) -> None:
    left = head({LOCK: "1"})
    git(project, "checkout", "-q", "-b", "topic")
    head({LOCK: "2"})
    topic = head({LOCK: "3"})
    assert find_base(project, topic) == left


def test_a_history_that_is_cut_off_does_not_make_a_first_model(project: Project, head: Head, tmp_path: Path) -> None:
    head({LOCK: "1"})
    commit = head({LOCK: "2"})
    call(tmp_path, "git", "clone", "-q", "--depth=1", project.root.as_uri(), "shallow")
    with pytest.raises(UsageError, match="expected the whole history, got a shallow clone"):
        find_base(Project(tmp_path / "shallow"), commit)
