"""What a run hands over, as files; tests/commands/test_pr_pipeline.py reads it as the trusted side does."""

import os
from pathlib import Path

import pytest
from history import begin, cache, cache_folder, commit, listing, lock_text, md5
from rebuilt import names_below, write

from winnow.errors import InputError, UsageError
from winnow.project import Project
from winnow.pull_request.running.packing import Handover, empty_folder

FLOW = "stages: {train: {cmd: x, outs: [bundle, pixels: {push: false}, tables: {cache: false}, t.csv: {cache: false}]}}"


def lock_of(bundle: dict[str, object]) -> str:
    outs = {"bundle": bundle, "pixels": {"md5": md5("pixels"), "hash": "md5"}}
    return lock_text({"train": {"cmd": "x", "outs": outs}})


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project whose base had a model of which one file is still the same."""
    root = begin(tmp_path / "project")
    old = cache_folder(root, {"weights": "old", "shape": "same"})
    commit(root, {".dvc/config": "", "params.yaml": "", "dvc.yaml": FLOW, "dvc.lock": lock_of(old), ".gitignore": ""})
    new = cache_folder(root, {"weights": "new", "shape": "same"})
    cache(root, "pixels")
    write(root, {"dvc.lock": lock_of(new), "tables/a/b.csv": "b", "t.csv": "t"})
    return Project(root)


def test_objects_are_new_ones_that_belong_into_the_remote(project: Project, tmp_path: Path) -> None:
    number, size = Handover(tmp_path / "out", 3).give_objects(project, "HEAD")
    name, content = listing({"weights": "new", "shape": "same"})
    paths = {f"files/md5/{each[:2]}/{each[2:]}" for each in (md5("new"), name)}
    assert names_below(tmp_path / "out" / "objects") == {*paths, "3/dvc.lock"}
    assert (number, size) == (2, len(content) + len("new"))
    assert Handover(tmp_path / "out", 4).give_objects(project, "HEAD") == (2, size), "two projects may make the same"


def test_nothing_new_leaves_no_folder(project: Project, tmp_path: Path) -> None:
    commit(project.root)
    assert Handover(tmp_path / "out", 0).give_objects(project, "HEAD") == (0, 0)
    assert not (tmp_path / "out").exists()


def test_an_object_that_is_not_in_the_cache_is_told(
    project: Project, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("winnow.logs.logger.propagate", True)
    gone = project.root / ".dvc" / "cache" / "files" / "md5" / md5("new")[:2] / md5("new")[2:]
    gone.unlink()
    assert Handover(tmp_path / "out", 0).give_objects(project, "HEAD")[0] == 1
    assert f"the object {md5('new')}" in caplog.text


def test_a_lock_of_the_base_that_cannot_be_read_is_an_error_of_ours(project: Project, tmp_path: Path) -> None:
    now = project.dvc_lock.read_text(encoding="utf-8")
    commit(project.root, {"dvc.lock": "stages: ["})
    write(project.root, {"dvc.lock": now})
    with pytest.raises(InputError, match=r"the base's dvc\.lock"):
        Handover(tmp_path / "out", 0).give_objects(project, "HEAD")


def test_records_are_the_lock_and_what_git_holds_without_links(project: Project, tmp_path: Path) -> None:
    if os.name != "nt":
        (project.root / "tables" / "link.csv").symlink_to("/etc/hostname")
    write(project.root, {"reports/cost/train.json": "{}", "reports/cost/sweep.json": "{}"})
    Handover(tmp_path / "out", 0).give_records(project)
    assert names_below(tmp_path / "out") == {
        f"records/0/files/{name}" for name in ("dvc.lock", "tables/a/b.csv", "t.csv", "reports/cost/train.json")
    }


def test_the_folder_to_hand_over_is_a_new_one(tmp_path: Path) -> None:
    assert empty_folder(tmp_path / "a" / "b").is_dir()
    assert empty_folder(tmp_path / "a" / "b") == (tmp_path / "a" / "b").resolve()
    with pytest.raises(UsageError, match="expected an empty folder"):
        empty_folder(tmp_path / "a")
