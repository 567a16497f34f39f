"""What a folder that serves as a remote has; buckets are asked in tests/commands/test_pr_store.py."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from history import cache, cache_folder, lock_text, md5
from rebuilt import write

from repository import call
from winnow.errors import MachineError
from winnow.project import Project
from winnow.repository.remote_objects import Missing, absent_of, find_missing

A = md5("a")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project whose lock names a file and a folder, all in the remote."""
    root = tmp_path / "project"
    root.mkdir()
    call(root, "git", "init", "-q")
    storage = tmp_path / "storage"
    folder = cache_folder(root, {"x": "x", "y": "y"})
    cache(root, "a")
    shutil.copytree(root / ".dvc" / "cache", storage)
    lock = lock_text({"train": {"cmd": "x", "outs": {"model": {"hash": "md5", "md5": A}, "bundle": folder}}})
    config = f"[core]\n    remote = store\n['remote \"store\"']\n    url = {storage}\n"
    files = {".dvc/config": config, "params.yaml": "", "dvc.lock": lock}
    write(root, {**files, "dvc.yaml": "stages: {train: {cmd: x, outs: [model, bundle]}}\n"})
    return Project(root)


def stored(tmp_path: Path, content: str) -> Path:
    return tmp_path / "storage" / "files" / "md5" / md5(content)[:2] / md5(content)[2:]


def test_everything_is_there(project: Project) -> None:
    assert find_missing(project) == (4, [])


def test_what_is_not_there_is_named_down_to_the_files_of_a_folder(project: Project, tmp_path: Path) -> None:
    stored(tmp_path, "a").unlink()
    stored(tmp_path, "y").unlink()
    assert find_missing(project) == (4, [Missing("model", A), Missing("bundle/y", md5("y"))])


def test_another_answer_than_no_is_no_answer(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    from dvc_objects.fs.local import FsspecLocalFileSystem

    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError("not for you")

    monkeypatch.setattr(FsspecLocalFileSystem, "info", refuse)
    with pytest.raises(MachineError, match="the remote cannot be asked: not for you"):
        find_missing(project)


def test_nothing_is_asked_for_nothing() -> None:
    class Odb:
        class fs:  # noqa: N801
            class fs:  # noqa: N801
                @staticmethod
                def invalidate_cache() -> None:
                    """There is none."""

    assert absent_of(Odb, []) == []
