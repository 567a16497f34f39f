"""Which projects a change touches, in a repository with two of them."""

from pathlib import Path

import pytest
from rebuilt import commit, write

from repository import call
from winnow.errors import UsageError
from winnow.project import Project
from winnow.pull_request.projects import all_projects, chosen_projects, find_change, folder_of, touched

FLOW = "vars: [{{code: {code}}}]\nstages:\n  train:\n    cmd: x\n    deps: ['${{code}}/train.py']\n    outs: [{out}]\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a project at its root and one in `cats`, both built from `src`."""
    call(tmp_path, "git", "init", "-q", "-b", "main")
    commit(
        tmp_path,
        {
            ".dvc/config": "",
            "params.yaml": "a: 1\n",
            "dvc.yaml": FLOW.format(code="src", out="made.txt"),
            "cats/params.yaml": "a: 1\n",
            "cats/dvc.yaml": FLOW.format(code="../src", out="made.txt"),
            "recipes/params.yaml": "a: 1\n",
            "src/train.py": "",
            "src/report.py": "",
            "README.md": "",
        },
    )
    call(tmp_path, "git", "checkout", "-q", "-b", "topic")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def folders_touched(root: Path, files: dict[str, str]) -> list[str]:
    commit(root, files)
    change = find_change("main")
    return [folder_of(change, project) for project in touched(change)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("params.yaml", ["."]),
        ("data/labels.csv", ["."]),
        ("cats/data/images.dvc", ["cats"]),
        ("cats/waivers.yaml", ["cats"]),
        ("src/train.py", [".", "cats"]),
        ("made.txt", ["."]),
        ("src/report.py", []),
        ("README.md", []),
        ("cats/README.md", []),
        ("recipes/params.yaml", []),
        (".dvc/config", [".", "cats"]),
    ],
)
def test_a_project_is_touched_by_its_own_files_and_by_what_its_stages_read_and_write(
    root: Path, name: str, expected: list[str]
) -> None:
    texts = {".dvc/config": "[core]\n    analytics = false\n", "cats/data/images.dvc": "outs:\n- path: images\n"}
    assert folders_touched(root, {name: texts.get(name, "b: 2\n")}) == expected


def test_a_flow_that_cannot_be_read_is_touched(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    commit(root, {"cats/dvc.yaml": "stages: ["})
    call(root, "git", "branch", "-f", "main")
    assert "cats" in folders_touched(root, {"README.md": "other words"})


def test_a_change_begins_where_the_branch_left(root: Path) -> None:
    base = call(root, "git", "rev-parse", "main").strip()
    head = commit(root, {"params.yaml": "a: 2\n"})
    call(root, "git", "checkout", "-q", "main")
    commit(root, {"cats/params.yaml": "a: 3\n"})
    call(root, "git", "checkout", "-q", "topic")
    change = find_change("main")
    assert (change.base, change.head, change.paths) == (base, head, ["params.yaml"])


def test_what_is_not_committed_is_refused(root: Path) -> None:
    write(root, {"notes.txt": "nobody tracks this"})
    find_change("main")
    write(root, {"README.md": "other words"})
    with pytest.raises(UsageError, match="clean work tree"):
        find_change("main")


def test_only_tracked_folders_with_both_files_and_a_name_that_can_be_shown_are_projects(root: Path) -> None:
    write(root, {"untracked/params.yaml": "", "untracked/dvc.yaml": ""})
    commit_only = {"dogs & co/params.yaml": "", "dogs & co/dvc.yaml": ""}
    write(root, commit_only)
    call(root, "git", "add", *commit_only)
    assert [project.root.name for project in all_projects(root)] == [root.name, "cats"]
    assert chosen_projects([root / "cats" / "data"]) == [Project(root / "cats")]
    assert len(chosen_projects([])) == 2
