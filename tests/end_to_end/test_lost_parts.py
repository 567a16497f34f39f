"""`winnow doctor data` on a real repository: parts that DVC forgot are found, parts that a command replaced are not."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from repository import CLASSES, call, dvc, lay_out_project, save_class_folders, winnow
from winnow.data.parts import list_parts, part_ids
from winnow.project import Project

pytestmark = pytest.mark.slow


def commit(root: Path) -> None:
    call(root, "git", "add", "--all")
    call(root, "git", "commit", "-q", "-m", "x")


@pytest.fixture(scope="module")
def template(make_repository: Callable[[], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `work`, a project with two parts, pushed to `store`; main has the first, the branch both."""
    home = tmp_path_factory.mktemp("home")
    work = lay_out_project(Path(shutil.move(make_repository(), home / "work")))
    dvc(work, "remote", "add", "-q", "-d", "store", "../store")
    winnow(work, "add", str(save_class_folders(home / "in", per_class=4)))
    commit(work)
    call(work, "git", "checkout", "-q", "-b", "feature")
    winnow(work, "add", str(save_class_folders(home / "more", per_class=1, seed=1)))
    commit(work)
    dvc(work, "push", "-q")
    return home


@pytest.fixture
def work(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "home", symlinks=True)) / "work"


def part_of_main(work: Path) -> Path:
    return max(list_parts(Project(work).images), key=lambda part: len(part_ids(part)))


def test_a_part_that_dvc_forgot_is_found_and_the_hints_bring_it_back(work: Path) -> None:
    images = Project(work).images
    before, lost = {path.name for path in list_parts(images)}, part_of_main(work)
    lost.unlink()
    assert "folder      FAILED" in winnow(work, "doctor", "data", status=1)
    dvc(work, "add", "-q", "data/images")
    told = winnow(work, "doctor", "data", status=1)
    assert told.count(f"lost with labelled images: {lost.name}") == 2, told
    call(work, "git", "checkout", "-q", "--", "data/images.dvc")
    dvc(work, "checkout", "-q", "data/images.dvc")
    winnow(work, "doctor", "data")

    lost.unlink()
    dvc(work, "add", "-q", "data/images")
    commit(work)
    told = winnow(work, "doctor", "data", status=1)
    assert "HEAD        ok" in told
    base = call(work, "git", "rev-parse", "main")[:12]
    assert f"dvc get --rev {base} . data/images -o .winnow/lost" in told
    dvc(work, "get", "-q", "--rev", base, ".", "data/images", "-o", ".winnow/lost")
    for part in (work / ".winnow" / "lost").iterdir():
        part.replace(images / part.name)
    dvc(work, "add", "-q", "data/images")
    winnow(work, "doctor", "data")
    assert {path.name for path in list_parts(images)} == before


def test_what_compact_erase_and_remove_replaced_is_not_lost(work: Path) -> None:
    winnow(work, "remove", f"{CLASSES[0]}/003.png")
    winnow(work, "doctor", "data")
    assert "became 1 part" in winnow(work, "compact")
    winnow(work, "doctor", "data")
    commit(work)
    # Main needs the part that it has; nothing of the branch does.
    assert "needed by the branch main" in winnow(work, "erase", f"{CLASSES[1]}/003.png", "--yes", status=1)
    told = winnow(work, "doctor", "data")
    assert "folder      ok: all parts are here" in told
    assert told.count("is lost") == 2
    commit(work)
    dvc(work, "push", "-q")
    # Without parts, the remote's copies tell.
    call(work.parent, "git", "clone", "-q", "work", "clone")
    assert "base        ok" in winnow(work.parent / "clone", "doctor", "data", "origin/main")
