"""Handovers that are none are refused, each for its reason; pushing is seen in tests/commands/test_pr_store.py."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from history import listing, lock_text, md5
from rebuilt import write

from repository import call
from winnow.errors import CheckError, MachineError
from winnow.project import Project
from winnow.pull_request.handed import storing
from winnow.pull_request.handed.storing import Verified, push_objects, verify_objects

FILES = {"weights": "w", "shape": "s"}


def put(folder: Path, name: str, content: bytes) -> Path:
    path = folder / "files" / "md5" / name[:2] / name[2:]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.fixture
def handover(tmp_path: Path) -> Path:
    """A model of two files, handed over as it should be."""
    folder = tmp_path / "handover"
    name, content = listing(dict(FILES))
    put(folder, name, content)
    for text in FILES.values():
        put(folder, md5(text), text.encode())
    write(folder, {"0/dvc.lock": lock_text({"train": {"cmd": "x", "outs": {"bundle": name}}})})
    return folder


def test_objects_that_a_lock_names_are_taken_files_first(handover: Path) -> None:
    verified = verify_objects(handover)
    *files, last = verified.paths
    assert set(files) == {md5(text) for text in FILES.values()}
    assert last.endswith(".dir")
    assert verified.num_bytes == sum(path.stat().st_size for path in verified.paths.values())


def test_an_empty_handover_holds_nothing(tmp_path: Path) -> None:
    assert verify_objects(tmp_path / "absent") == Verified({}, 0)


def plant_link(folder: Path) -> None:
    target = folder / "files" / "md5" / md5("w")[:2] / md5("w")[2:]
    target.unlink()
    target.symlink_to("/etc/hostname")


def plant_linked_folder(folder: Path) -> None:
    (folder / "1").symlink_to(folder / "0")


def plant_unnamed(folder: Path) -> None:
    put(folder, md5("more"), b"more")


def plant_unnamed_list(folder: Path) -> None:
    # A list that nobody names cannot bring in what it names.
    name, content = listing({"a": "more"})
    put(folder, name, content)
    put(folder, md5("more"), b"more")


def plant_other_content(folder: Path) -> None:
    put(folder, md5("w"), b"other")


def plant_broken_list(folder: Path) -> None:
    name = listing(dict(FILES))[0]
    put(folder, name, b"{")


def plant_list_of_other_files(folder: Path) -> None:
    # Named by the lock, but its content is another one: the objects that it brings in are real.
    name = listing(dict(FILES))[0]
    put(folder, name, listing({**FILES, "more": "more"})[1])
    put(folder, md5("more"), b"more")


def plant_upper_case(folder: Path) -> None:
    put(folder, md5("w").upper(), b"w")


def plant_configuration(folder: Path) -> None:
    write(folder, {".dvc/config": "[core]\n"})


def plant_lock_of_another_number(folder: Path) -> None:
    write(folder, {"20/dvc.lock": "stages: {}"})


def plant_broken_lock(folder: Path) -> None:
    write(folder, {"1/dvc.lock": "stages: ["})


def lose_the_lock(folder: Path) -> None:
    shutil.rmtree(folder / "0")


@pytest.mark.parametrize(
    ("plant", "reason"),
    [
        (plant_link, "a link or another special file"),
        (plant_linked_folder, "a link or another special file"),
        (plant_unnamed, "an object that no handed-over dvc.lock names"),
        (plant_unnamed_list, "an object that no handed-over dvc.lock names"),
        (plant_other_content, "an object is not what its name says"),
        (plant_broken_list, "a lock or the list of a folder cannot be read"),
        (plant_list_of_other_files, "an object is not what its name says"),
        (plant_upper_case, "a file of an unexpected name"),
        (plant_configuration, "a file of an unexpected name"),
        (plant_lock_of_another_number, "a file of an unexpected name"),
        (plant_broken_lock, "not what DVC writes"),
        (lose_the_lock, "an object that no handed-over dvc.lock names"),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows; store.yaml runs on Linux")
def test_anything_else_is_refused(handover: Path, plant: Callable[[Path], None], reason: str) -> None:
    plant(handover)
    with pytest.raises(CheckError, match=reason):
        verify_objects(handover)


@pytest.mark.parametrize(
    ("limit", "value"), [("MAX_OBJECTS", 3), ("MAX_BYTES", 100), ("MAX_LIST_BYTES", 50), ("MAX_LOCK_BYTES", 50)]
)
def test_more_than_a_run_can_have_made_is_refused(
    handover: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    monkeypatch.setattr(storing, limit, value)
    with pytest.raises(CheckError, match=r"more than|larger than"):
        verify_objects(handover)


def test_a_folder_that_is_not_mounted_is_not_made(handover: Path, tmp_path: Path) -> None:
    root = tmp_path / "main"
    storage = tmp_path / "unmounted"
    write(root, {".dvc/config": f"[core]\n    remote = s\n['remote \"s\"']\n    url = {storage}\n"})
    call(root, "git", "init", "-q")
    verified = verify_objects(handover)
    with pytest.raises(MachineError, match="does not exist"):
        push_objects(Project(root), verified)
    assert not storage.exists()
    storage.mkdir()
    assert (push_objects(Project(root), verified), push_objects(Project(root), verified)) == (3, 0)
    assert all(path.is_file() for path in verified.paths.values()), "they were copied, not moved"
