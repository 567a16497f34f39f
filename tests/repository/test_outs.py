"""What DVC knows of a project's outputs, and what a lock or the list of a folder names."""

import json
from pathlib import Path

import pytest
from history import cache_folder, lock_text, md5
from rebuilt import write

from repository import call
from winnow.errors import InputError
from winnow.project import Project
from winnow.repository.listings import open_repo
from winnow.repository.outs import find_outs, here, md5s_of_lock, parse_folder

A, B = md5("a"), md5("b")


def test_outputs_are_told_apart_by_who_keeps_them_and_by_project(tmp_path: Path) -> None:
    call(tmp_path, "git", "init", "-q")
    outs = "[model, {pixels: {push: false}}, {table.csv: {cache: false}}, {far: {remote: other}}]"
    write(
        tmp_path,
        {
            ".dvc/config": "",
            "params.yaml": "",
            "dvc.yaml": f"stages: {{train: {{cmd: x, outs: {outs}}}}}\n",
            "dvc.lock": lock_text({"train": {"cmd": "x", "outs": {"model": {"hash": "md5", "md5": A}}}}),
            "data/images.dvc": f"outs:\n- md5: {B}\n  hash: md5\n  path: images\n",
            "inner/params.yaml": "",
            "inner/dvc.yaml": "stages: {train: {cmd: x, outs: [model]}}\n",
        },
    )
    with open_repo(Project(tmp_path)) as repo:
        found = {out.path.relative_to(tmp_path).as_posix(): out for out in find_outs(repo, Project(tmp_path))}
        [other] = find_outs(repo, Project(tmp_path / "inner"))
    assert found.keys() == {"model", "pixels", "table.csv", "far", "data/images"}
    assert (found["model"].md5, found["data/images"].md5, found["far"].md5) == (A, B, "")
    assert {name for name, out in found.items() if out.is_in_git} == {"table.csv"}
    assert {name for name, out in found.items() if out.is_pushed} == {"model", "far", "data/images"}
    assert {name for name, out in found.items() if not out.of_stage} == {"data/images"}
    assert {out.remote for out in found.values()} == {None, "other"}
    assert other.path == tmp_path / "inner" / "model"


def test_a_lock_names_the_outputs_of_its_stages_and_nothing_that_is_no_hash() -> None:
    outs = {"a": {"md5": A}, "b": {"md5": f"{B}.dir"}, "c": {"md5": "../../x"}, "d": {}, "e": {"md5": 5}}
    lock = lock_text({"train": {"cmd": "x", "deps": {"y": {"md5": md5("y")}}, "outs": outs}})
    assert md5s_of_lock(lock.encode(), "dvc.lock") == {A, f"{B}.dir"}
    assert md5s_of_lock(b"stages: {a: 1, b: {outs: 2}, c: {outs: [3]}}", "dvc.lock") == set()
    assert md5s_of_lock(b"stages: [1]", "dvc.lock") == set()


@pytest.mark.parametrize("text", ["[", "- a", "x: " + "[" * 500 + "]" * 500])
def test_what_is_no_lock_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"dvc.lock"):
        md5s_of_lock(text.encode(), "dvc.lock")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[1]",
        b"[" * 100_000,
        json.dumps([{"relpath": "a", "md5": "../x"}]).encode(),
        json.dumps([{"relpath": "", "md5": A}]).encode(),
        json.dumps([{"relpath": "a", "md5": f"{A}.dir"}]).encode(),
    ],
)
def test_what_is_no_list_of_a_folder_is_refused(content: bytes) -> None:
    if content == b"{}":
        assert parse_folder(content, "x") == {}
        return
    with pytest.raises(InputError, match="expected DVC's list of a folder"):
        parse_folder(content, "x")


def test_folders_are_looked_into_where_the_cache_has_their_lists(tmp_path: Path) -> None:
    entry = cache_folder(tmp_path, {"a": "a", "b": "b"})
    cache = tmp_path / ".dvc" / "cache" / "files" / "md5"
    absent = f"{md5('absent')}.dir"
    assert set(here(cache, {entry["md5"], absent})) == {entry["md5"], A, B, absent}
