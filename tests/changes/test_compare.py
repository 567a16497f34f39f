from pathlib import Path

import pytest

from repository import git
from winnow.changes.compare import compare
from winnow.errors import UsageError
from winnow.project import Project

PARAMS = Path(__file__).parents[2] / "params.yaml"
HEADER = "id,label,name,group,split\n"
A, B, C = (letter * 20 for letter in "abc")


def write(project: Project, *rows: str) -> None:
    project.labels.write_text(HEADER + "".join(f"{row}\n" for row in rows), encoding="utf-8")


def commit(project: Project) -> None:
    git(project.root, "add", "-A")
    git(project.root, "commit", "-q", "-m", "x")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A repository with one commit on `main`: A and B are cats."""
    made = Project(tmp_path)
    git(made.root, "init", "-q", "-b", "main")
    made.labels.parent.mkdir()
    made.params.write_bytes(PARAMS.read_bytes())
    write(made, f"{A},cat,,,train", f"{B},cat,,,train")
    commit(made)
    return made


def test_the_working_tree_is_compared_with_a_revision(project: Project) -> None:
    write(project, f"{A},dog,,,train", f"{C},owl,,,test")
    record = compare(project, "HEAD").record
    assert (record.added.examples, record.removed.examples, record.relabelled.examples) == ([C], [B], [A])
    assert (record.new_classes, record.vanished_classes) == (["dog", "owl"], ["cat"])
    assert (record.before.num_classes, record.after.num_classes) == (1, 2)
    assert not record.is_empty


def test_nothing_changed_is_nothing(project: Project) -> None:
    assert compare(project, "main").record.is_empty


def test_from_the_merge_base_the_other_sides_work_is_left_out(project: Project) -> None:
    git(project.root, "checkout", "-q", "-b", "mine")
    write(project, f"{A},cat,,,train", f"{B},cat,,,train", f"{C},owl,,,train")
    commit(project)
    git(project.root, "checkout", "-q", "main")
    write(project, f"{A},dog,,,train", f"{B},cat,,,train")
    commit(project)
    git(project.root, "checkout", "-q", "mine")
    assert compare(project, "main").record.relabelled.count == 1
    record = compare(project, "main", from_merge_base=True).record
    assert (record.relabelled.count, record.added.examples) == (0, [C])
    assert record.revision == "the merge base of main"


def test_at_aggregate_no_image_is_named(project: Project) -> None:
    text = project.params.read_text(encoding="utf-8")
    project.params.write_text(text.replace("disclose: ids", "disclose: aggregate"), encoding="utf-8")
    write(project, f"{A},dog,secret.png,,train", f"{C},owl,,g,test", f"{B},cat,,g,train")
    record = compare(project, "HEAD").record
    assert (record.added.count, record.relabelled.count, record.leaks.torn_groups) == (1, 1, 1)
    assert not any(image in str(record.as_dict()) for image in (A, B, C, "secret"))


def test_at_ids_a_few_are_named_and_no_file_and_no_group(project: Project) -> None:
    write(project, *(f"{number:020x},cat,secret{number}.png,patient{number},train" for number in range(9)))
    record = compare(project, "HEAD").record
    assert record.added.examples == [f"{number:020x}" for number in range(5)]
    assert "secret" not in str(record.as_dict())
    assert "patient" not in str(record.as_dict())


def test_a_first_data_set_is_all_new_and_parts_that_nobody_tracks_are_told(project: Project) -> None:
    git(project.root, "rm", "-q", "--cached", "data/labels.csv")
    git(project.root, "commit", "-q", "-m", "x")
    project.images.mkdir()
    (project.images / "part-x.arrow").touch()
    record = compare(project, "HEAD").record
    assert record.added.count == 2
    assert record.notes == [
        "the data set did not exist there: everything is new",
        "parts in data/images that images.dvc does not record yet: 1 (dvc add data/images)",
    ]


def test_an_unknown_revision_is_a_usage_error(project: Project) -> None:
    with pytest.raises(UsageError, match="got 'mian'"):
        compare(project, "mian")
