import os
import sys
from pathlib import Path

import pytest
from history import begin, commit, lock_text, write

from repository import call
from winnow.project import Project
from winnow.verdict.causes.file_changes import MAX_FILES, compare_files, count_commits
from winnow.verdict.causes.lock_file import parse_lock
from winnow.verdict.record.context import ChangedFile, KeyChange

LONG = "\n".join(f"line {number}" for number in range(30))
LOCK = parse_lock(
    lock_text(
        {
            "train": {
                "deps": {"code": "1.dir", "data/images": "2.dir", "../shared/lib.py": "3"},
                "params": {"params.yaml": {"train": {"lr": 1}, "project.name": "x"}},
                "outs": {"metrics.json": "4"},
            },
            "judge": {"deps": {"code": "1.dir", "model": "5"}},
        }
    ).encode(),
    "dvc.lock",
)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project in a subfolder, one commit."""
    root = begin(tmp_path / "repository")
    below = {"code/a.py": LONG, "data/images.dvc": "outs: []", "metrics.json": "1", "params.yaml": "a: 1", "z.md": "z"}
    commit(root, {**{f"sub/{name}": text for name, text in below.items()}, "shared/lib.py": "1", "README.md": "old"})
    return Project(root / "sub")


def head(project: Project) -> str:
    return call(project.root, "git", "rev-parse", "HEAD").strip()


def names(project: Project, base: str, *changed_keys: str) -> list[tuple[str, str, list[str]]]:
    changes = [KeyChange(key=key, base="1", head="2") for key in changed_keys]
    return [(file.path, file.status, file.stages) for file in compare_files(project, base, [LOCK], changes)]


def test_what_stages_depend_on_comes_first_and_what_they_wrote_last(project: Project) -> None:
    base = head(project)
    changed = {"code/b.py": "new", "data/images.dvc": "outs: [1]", "metrics.json": "2", "../README.md": "new"}
    commit(project.root, {**changed, "dvc.lock": "x", "code2.py": "no dependency"})
    assert names(project, base) == [
        ("code/b.py", "added", ["train", "judge"]),
        ("data/images.dvc", "modified", ["train"]),
        ("../README.md", "modified", []),
        ("code2.py", "added", []),
        ("dvc.lock", "added", []),
        ("metrics.json", "modified", []),
    ]


def test_changes_that_no_commit_holds_yet_count(project: Project) -> None:
    base = head(project)
    write(project.root, {"../shared/lib.py": "2", "code/new.py": "3", "scratch/patient-7.png": "4"})
    (project.root / "z.md").unlink()
    assert names(project, base) == [
        ("../shared/lib.py", "modified", ["train"]),
        ("code/new.py", "added", ["train", "judge"]),
        ("z.md", "deleted", []),
    ]


def test_a_renamed_file_belongs_to_the_stages_of_its_old_name_too(project: Project) -> None:
    base = head(project)
    (project.root / "code" / "a.py").rename(project.root / "elsewhere.py")
    commit(project.root)
    assert names(project, base) == [("elsewhere.py", "renamed", ["train", "judge"])]


@pytest.mark.parametrize(
    ("key", "stages"), [("train.lr", ["train"]), ("project.name", ["train"]), ("project.other", []), ("trainer", [])]
)
def test_a_params_file_belongs_to_the_stages_that_watch_what_changed(
    project: Project, key: str, stages: list[str]
) -> None:
    base = head(project)
    write(project.root, {"params.yaml": "a: 2"})
    assert names(project, base, key) == [("params.yaml", "modified", stages)]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_odd_names_are_told_in_text_that_json_can_hold(project: Project) -> None:
    base = head(project)
    for name in (b"code/new\nline", b"code/\xff\xfe.py", "code/\u202etxt.py".encode(), b"code/-n `|<b>", b"code/:(x)"):
        Path(os.fsdecode(os.fsencode(project.root) + b"/" + name)).write_bytes(b"x")
    untracked = compare_files(project, base, [LOCK], [])
    commit(project.root)
    files = compare_files(project, base, [LOCK], [])
    assert files == untracked
    assert [file.path for file in files] == [
        "code/-n `|<b>",
        "code/:(x)",
        "code/new\nline",
        "code/\u202etxt.py",
        r"code/\xff\xfe.py",
    ]
    assert all(ChangedFile.model_validate_json(file.model_dump_json()) == file for file in files)


def test_no_more_files_than_a_record_holds_and_the_important_ones_stay(project: Project) -> None:
    base = head(project)
    commit(project.root, {**{f"a/{number}.txt": str(number) for number in range(MAX_FILES)}, "code/z.py": "z"})
    files = names(project, base)
    assert len(files) == MAX_FILES
    assert files[0][0] == "code/z.py"


def test_without_a_pipeline_every_file_is_told(project: Project) -> None:
    base = head(project)
    commit(project.root, {"code/a.py": "x"})
    assert [file.stages for file in compare_files(project, base, [], [])] == [[]]


def test_commits_are_counted_from_where_the_branches_parted(project: Project) -> None:
    base = head(project)
    assert count_commits(project, base) == 0
    commit(project.root)
    commit(project.root)
    assert count_commits(project, base) == 2
