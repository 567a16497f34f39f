import shutil
from pathlib import Path

import pytest

from repository import dvc
from winnow.changes.parts import compare_bytes, compare_parts, num_untracked
from winnow.changes.record import Parts
from winnow.project import Project
from winnow.records import NotAvailable
from winnow.repository.dvc import Recorded, listing_bytes, listing_md5

KEPT, OLD, NEW = "part-kept.arrow", "part-old.arrow", "part-new.arrow"
SIZES = {KEPT: 100, OLD: 30, NEW: 7}


@pytest.fixture(scope="module")
def empty_repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("template")
    dvc(root, "init", "-q", "--no-scm")
    return root


@pytest.fixture
def project(empty_repository: Path, tmp_path: Path) -> Project:
    return Project(shutil.copytree(empty_repository, tmp_path / "project"))


def put(project: Project, md5: str, content: bytes) -> None:
    path = project.root / ".dvc" / "cache" / "files" / "md5" / md5[:2] / md5[2:]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def md5_of(name: str) -> str:
    return f"{SIZES[name]:032d}"


def record(project: Project, *names: str) -> Recorded:
    """Put the listing of a folder of these parts into the cache, and return what `images.dvc` says of it."""
    listing = {name: md5_of(name) for name in names}
    put(project, listing_md5(listing), listing_bytes(listing))
    return Recorded(md5=listing_md5(listing), size=sum(SIZES[name] for name in names), num_files=len(names))


def test_the_totals_need_no_listing() -> None:
    total = compare_bytes(None, Recorded(md5="1.dir", size=5, num_files=2))
    assert (total.before, total.after, total.num_parts_before, total.num_parts_after) == (0, 5, 0, 2)


def test_the_same_folder_needs_none_either(tmp_path: Path) -> None:
    same = Recorded(md5="1.dir", size=5, num_files=2)
    unchanged = Parts(added=[], removed=[], num_kept=2, added_bytes=0, removed_bytes=0)
    assert compare_parts(Project(tmp_path), same, same) == unchanged
    assert compare_parts(Project(tmp_path), None, None) == unchanged.model_copy(update={"num_kept": 0})


def test_parts_of_one_side_are_named_and_their_bytes_known_from_the_totals(project: Project) -> None:
    less, more = record(project, KEPT), record(project, KEPT, NEW)
    assert compare_parts(project, less, more) == Parts(
        added=[NEW], removed=[], num_kept=1, added_bytes=7, removed_bytes=0
    )
    assert compare_parts(project, more, less) == Parts(
        added=[], removed=[NEW], num_kept=1, added_bytes=0, removed_bytes=7
    )
    assert compare_parts(project, None, less) == Parts(
        added=[KEPT], removed=[], num_kept=0, added_bytes=100, removed_bytes=0
    )


def test_where_parts_came_and_went_one_known_size_tells_both(project: Project) -> None:
    before, after = record(project, KEPT, OLD), record(project, KEPT, NEW)
    unknown = compare_parts(project, before, after)
    assert unknown == Parts(added=[NEW], removed=[OLD], num_kept=1, added_bytes=None, removed_bytes=None)
    put(project, md5_of(NEW), b"x" * 7)
    known = Parts(added=[NEW], removed=[OLD], num_kept=1, added_bytes=7, removed_bytes=30)
    assert compare_parts(project, before, after) == known


def test_a_part_in_the_folder_tells_its_size(project: Project) -> None:
    project.images.mkdir(parents=True)
    (project.images / OLD).write_bytes(b"x" * 30)
    found = compare_parts(project, record(project, KEPT, NEW), record(project, KEPT, OLD))
    assert found == Parts(added=[OLD], removed=[NEW], num_kept=1, added_bytes=30, removed_bytes=7)


def test_a_listing_that_is_nowhere_is_told_with_the_reason(project: Project) -> None:
    lost = Recorded(md5=f"{'0' * 32}.dir", size=5, num_files=1)
    found = compare_parts(project, lost, record(project, KEPT))
    assert isinstance(found, NotAvailable)
    assert "0.dir is neither in DVC's cache nor in the remote: there is no default remote (" in found.not_available


def test_outside_of_dvc_nothing_is_known(tmp_path: Path) -> None:
    found = compare_parts(Project(tmp_path), None, Recorded(md5="1.dir", size=5, num_files=1))
    assert isinstance(found, NotAvailable)
    assert "no DVC repository" in found.not_available


def test_parts_that_nothing_records_yet_are_counted(tmp_path: Path) -> None:
    project = Project(tmp_path)
    assert num_untracked(project, None) == 0
    project.images.mkdir(parents=True)
    (project.images / NEW).touch()
    assert num_untracked(project, None) == 1
    assert num_untracked(project, Recorded(md5="1.dir", size=5, num_files=1)) == 0
