from pathlib import Path

import pytest
from branches import Branches

from winnow.errors import InputError
from winnow.repository.records import CommitTree, DiskTree, Record, find_records, name_in

LOCK = "schema: '2.0'\nstages:\n  {stage}:\n    cmd: x\n    outs:\n    - {{path: {path}, md5: {md5}, hash: md5}}\n"


@pytest.fixture
def made(tmp_path: Path) -> Branches:
    return Branches.create(tmp_path / "repository")


def records(made: Branches, name: str) -> list[Record]:
    """Return what the work tree and the commit of it agree on."""
    root = made.project.root
    on_disk = list(find_records(DiskTree(made.project, root), root / name))
    commit = made.commit()
    assert list(find_records(CommitTree(made.project, commit, root), root / name)) == on_disk
    return on_disk


def write(made: Branches, name: str, text: str) -> None:
    path = made.project.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_pointers_and_locks_are_read_from_the_nearest_on(made: Branches) -> None:
    write(made, "out/p.csv.dvc", "outs:\n- {path: p.csv, md5: one, hash: md5}\n")
    write(made, "out.dvc", "outs:\n- {path: other, md5: no, hash: md5}\n- {path: out, md5: two.dir}\n")
    write(made, "deep/dvc.lock", LOCK.format(stage="score", path="../out/p.csv", md5="three"))
    assert records(made, "out/p.csv") == [
        Record("one", "", is_old=False),
        Record("two.dir", "p.csv", is_old=True),
        Record("three", "", is_old=False),
    ]


def test_a_folder_whose_name_only_begins_alike_holds_nothing(made: Branches) -> None:
    write(made, "dvc.lock", LOCK.format(stage="score", path="out", md5="one.dir"))
    assert records(made, "output/p.csv") == []


def test_a_stages_working_directory_counts_in_loops_too(made: Branches) -> None:
    write(made, "pipe/dvc.yaml", "stages:\n  score:\n    foreach: [a]\n    do: {cmd: x, wdir: ../work}\n")
    write(made, "pipe/dvc.lock", LOCK.format(stage="score@a", path="p.csv", md5="one"))
    assert records(made, "work/p.csv") == [Record("one", "", is_old=False)]
    assert list(find_records(DiskTree(made.project, made.project.root), made.project.root / "pipe/p.csv")) == []


@pytest.mark.parametrize("text", ["stages: [1]\n", "stages:\n  a: 1\n", "stages:\n  a: {outs: [1, {path: p.csv}]}\n"])
def test_odd_locks_hold_nothing(made: Branches, text: str) -> None:
    write(made, "dvc.lock", text)
    assert records(made, "p.csv") == []


def test_a_lock_with_conflict_marks_is_named(made: Branches) -> None:
    write(made, "deep/dvc.lock", "<<<<<<< HEAD\nstages: [\n")
    with pytest.raises(InputError, match=r"^deep/dvc\.lock is not valid YAML"):
        records(made, "p.csv")


def test_a_link_into_the_cache_keeps_its_name(made: Branches, tmp_path: Path) -> None:
    (tmp_path / "object").touch()
    link = made.project.root / "p.csv"
    try:
        link.symlink_to(tmp_path / "object")
    except OSError:
        pytest.skip("this system makes no links")
    assert name_in(made.project.root, link) == "p.csv"
    with pytest.raises(InputError, match="lies outside of the repository"):
        name_in(made.project.root, tmp_path / "object")
