import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from repository import git
from winnow.changes.record import DataDiff
from winnow.commands.diff import diff, diff_page
from winnow.commands.relabel import relabel
from winnow.commands.remove import remove
from winnow.errors import ExitCode, UsageError
from winnow.pipeline import add
from winnow.project import Project

WriteImages = Callable[[Path, dict[str, int]], Path]
TinyId = Callable[[int], str]


@pytest.fixture
def changed(project: Project, write_images: WriteImages) -> Project:
    """A project with one commit, after which dog 3 became a cat, cat 2 left and owl 4 came."""
    git(project.root, "init", "-q")
    (project.root / ".gitignore").write_text("/raw/\n/more/\n/data/images/\n", encoding="utf-8")
    git(project.root, "add", "-A")
    git(project.root, "commit", "-q", "-m", "x")
    write_images(project.root / "more", {"owl/4.png": 4})
    add.run(project, "more", track=False)
    relabel(project, "dog/3.png", "cat")
    remove(project, ["cat/2.png"])
    return project


def test_differences_are_no_failure(changed: Project) -> None:
    result = diff(changed, "HEAD")
    assert result.exit_code is ExitCode.OK
    assert result.lines()[1] == "3 images: 1 added, 1 removed, 1 relabelled"
    assert "  dog     cat    1" in result.lines()


def test_json_is_the_record_itself(changed: Project, tiny_id: TinyId) -> None:
    content = json.loads(json.dumps(diff(changed, "HEAD").records()))
    assert content["added"] == {"count": 1, "examples": [tiny_id(4)]}
    assert DataDiff.from_dict(content, "stdout") == diff(changed, "HEAD").record


def test_markdown_is_the_same_account_folded(changed: Project) -> None:
    lines = diff(changed, "HEAD", as_markdown=True).lines()
    assert lines[0] == "### Data"
    assert "| <code>dog</code> | <code>cat</code> | 1 |" in lines


def test_the_page_shows_what_came_went_and_changed(changed: Project) -> None:
    text = diff_page(changed, "HEAD").read_text(encoding="utf-8")
    assert text.count("<img ") == 3
    for words in ("owl/4.png<br>owl", "cat/2.png<br>cat", "dog/3.png<br>dog → cat"):
        assert words in text
    assert changed.diff_page.name == "diff.html"


def test_pictures_that_are_not_here_leave_places(changed: Project) -> None:
    shutil.rmtree(changed.images)
    text = diff_page(changed, "HEAD").read_text(encoding="utf-8")
    assert text.count("not on this disk") == 3
    assert "<img" not in text


def test_outside_of_git_there_is_nothing_to_compare_with(project: Project) -> None:
    with pytest.raises(UsageError, match="no Git repository"):
        diff(project, "HEAD")
