from collections.abc import Callable
from pathlib import Path

import pytest

from repository import git
from winnow.changes.snapshot import DEALT, Snapshot, at_commit, working_tree
from winnow.errors import ConfigError, InputError
from winnow.project import Project
from winnow.records import NotAvailable
from winnow.repository.dvc import Recorded
from winnow.repository.git import resolve

PARAMS = Path(__file__).parents[2] / "params.yaml"
HEADER = "id,label,name,group,split\n"
A, B, C = (letter * 20 for letter in "abc")
IMAGES_DVC = "outs:\n- md5: 1.dir\n  size: 5\n  nfiles: 2\n  hash: md5\n  path: images\n"


def commit(project: Project) -> str:
    git(project.root, "add", "-A")
    git(project.root, "commit", "-q", "-m", "x", "--allow-empty")
    return resolve(project, "HEAD")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A Git repository with two images, in a project below its root."""
    made = Project(tmp_path / "below")
    made.labels.parent.mkdir(parents=True)
    git(tmp_path, "init", "-q")
    made.params.write_bytes(PARAMS.read_bytes())
    made.labels.write_text(f"{HEADER}{A},cat,,,test\n{B},,,,\n", encoding="utf-8")
    made.images_dvc.write_text(IMAGES_DVC, encoding="utf-8")
    return made


def test_both_sides_are_read_alike(project: Project) -> None:
    before = at_commit(project, "HEAD", commit(project))
    project.labels.write_text(f"{HEADER}{A},dog,,,val\n", encoding="utf-8")
    after = working_tree(project)
    assert before.rows["label"].to_pylist() == ["cat", ""]
    assert before.recorded == after.recorded == Recorded(md5="1.dir", size=5, num_files=2)
    assert after.rows.select(["label", "split", DEALT]).to_pylist() == [{"label": "dog", "split": "val", DEALT: "val"}]


def test_an_image_without_a_label_is_in_no_split(project: Project) -> None:
    assert working_tree(project).rows[DEALT].to_pylist() == ["test", "unlabelled"]


def test_each_side_is_dealt_by_its_own_parameters(project: Project, snapshot: Callable[..., Snapshot]) -> None:
    rows = "".join(f"{number:020x},cat,,,\n" for number in range(40))
    project.labels.write_text(HEADER + rows, encoding="utf-8")
    before = commit(project)
    text = project.params.read_text(encoding="utf-8")
    project.params.write_text(text.replace("test_fraction: 0.2", "test_fraction: 0.7"), encoding="utf-8")
    shares = [
        side.rows[DEALT].to_pylist().count("test")
        for side in (at_commit(project, "HEAD", before), working_tree(project))
    ]
    assert shares[0] < 16 < shares[1]


def test_keys_that_this_version_does_not_know_are_no_obstacle(project: Project) -> None:
    text = project.params.read_text(encoding="utf-8")
    project.params.write_text(text.replace("  val_fraction", "  former_key: 1\n  val_fraction"), encoding="utf-8")
    data = at_commit(project, "HEAD", commit(project)).data
    assert data is not None
    assert data.test_fraction == 0.2


def test_a_commit_without_data_is_empty(project: Project) -> None:
    project.labels.rename(project.root / "kept")
    project.images_dvc.unlink()
    before = at_commit(project, "HEAD", commit(project))
    assert (len(before.labels), before.data, before.recorded) == (0, None, None)
    assert before.rows.num_rows == 0
    with pytest.raises(InputError, match="winnow add"):
        working_tree(project)


def test_a_fault_in_an_old_file_names_the_revision(project: Project) -> None:
    project.labels.write_text(f"{HEADER}{A},cat,,,nowhere\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"^v1: labels\.csv, line 2: .* got 'nowhere'"):
        at_commit(project, "v1", commit(project))
    project.labels.write_text(HEADER, encoding="utf-8")
    project.params.write_text("schema: 1\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"v1: params\.yaml: expected a section `data:`"):
        at_commit(project, "v1", commit(project))
    project.params.unlink()
    with pytest.raises(InputError, match=r"expected v1: params\.yaml, found none"):
        at_commit(project, "v1", commit(project))


@pytest.mark.parametrize("content", [b"\xff\xfe", b"<<<<<<< HEAD\nouts: [\n", b"outs: []\n"])
def test_an_images_dvc_that_is_none_is_refused(project: Project, content: bytes) -> None:
    project.images_dvc.write_bytes(content)
    with pytest.raises(InputError, match=r"the working tree: images\.dvc"):
        working_tree(project)


def test_the_same_bytes_under_two_labels_are_refused(project: Project) -> None:
    project.labels.write_text(f"{HEADER}{A},cat,,,\n{A},dog,,,\n", encoding="utf-8")
    with pytest.raises(InputError, match=f"every id once, got {A} twice"):
        working_tree(project)


def test_a_report_that_no_lock_vouches_for_is_not_taken(project: Project) -> None:
    project.data_report.parent.mkdir()
    project.data_report.write_text('{"schema": 1, "task": "single_label", "checks": []}', encoding="utf-8")
    assert isinstance(working_tree(project).report, NotAvailable)
