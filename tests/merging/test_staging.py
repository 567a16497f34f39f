import pytest
from branches import Branches, rows, tiny_id

from winnow.merging.staging import conflicted, files_at, name_of, remove, stage, staged, take, unstage
from winnow.project import Project


@pytest.fixture
def stopped(branches: Branches) -> Branches:
    """A merge that stopped at labels.csv and at a file beside the project's folder `data`."""
    for branch, label in (("main", "cat"), ("feature", "owl"), ("main", "fox")):
        branches.git("checkout", "-q", *([branch] if label == "fox" else ["-B", branch]))
        branches.commit(rows([1], label), notes_md=label, reports__cost__train_json=label)
    branches.git("checkout", "-q", "feature")
    branches.stops("merge", "-q", "main")
    return branches


def test_conflicts_of_the_whole_repository_are_seen_from_the_project(stopped: Branches) -> None:
    assert conflicted(stopped.project) == ["data/labels.csv", "notes.md", "reports/cost/train.json"]
    below = Project(stopped.project.root / "data")
    assert conflicted(below) == ["../notes.md", "../reports/cost/train.json", "labels.csv"]


def test_what_is_staged_is_in_no_conflict(stopped: Branches) -> None:
    path = stopped.project.labels
    names = [name_of(stopped.project, path), "reports/cost"]
    assert staged(stopped.project, names) == {}
    stopped.write_labels(rows([1], "newt"))
    stage(stopped.project, path)
    assert list(staged(stopped.project, names)) == ["data/labels.csv"]
    assert conflicted(stopped.project) == ["notes.md", "reports/cost/train.json"]
    unstage(stopped.project, path)
    unstage(stopped.project, path)
    assert staged(stopped.project, names) == {}
    assert path.exists()


def test_files_of_a_commit_are_listed_and_taken(stopped: Branches) -> None:
    names = ["reports/cost", "data/labels.csv", "absent"]
    assert files_at(stopped.project, None, names) == {}
    theirs = files_at(stopped.project, "main", names)
    assert sorted(theirs) == ["data/labels.csv", "reports/cost/train.json"]
    take(stopped.project, "main", theirs)
    assert staged(stopped.project, names) == theirs
    assert stopped.labels()[tiny_id(1)][0] == "fox"
    take(stopped.project, "main", [])
    remove(stopped.project, [])
    remove(stopped.project, ["reports/cost/train.json", "absent"])
    assert not stopped.project.cost("train").exists()
    assert list(staged(stopped.project, names)) == ["data/labels.csv"]
