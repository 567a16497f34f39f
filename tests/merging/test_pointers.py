from pathlib import Path

import pytest
from branches import Branches, rows

from winnow.errors import InputError
from winnow.merging.operation import Operation
from winnow.merging.pointers import recorded_md5, rewritten, texts

NEW = {"md5": "abc.dir", "size": 7, "nfiles": 2}


def test_only_the_numbers_change() -> None:
    text = "# by hand\nouts:\n- md5: {}\n  size: {}\n  nfiles: {}\n  hash: md5\n  path: images\n  desc: 'size: 3'\n"
    assert rewritten(text.format("1.dir", 3, 1), NEW, Path("images")) == text.format("abc.dir", 7, 2)


def test_without_an_earlier_one_a_new_file_is_written() -> None:
    folder = "outs:\n- md5: abc.dir\n  size: 7\n  nfiles: 2\n  hash: md5\n  path: images\n"
    assert rewritten(None, NEW, Path("data/images")) == folder
    file = "outs:\n- md5: abc\n  size: 7\n  hash: md5\n  path: labels.csv\n"
    assert rewritten(None, {"md5": "abc", "size": 7}, Path("data/labels.csv")) == file


def test_the_md5_is_read_and_a_conflict_is_none(tmp_path: Path) -> None:
    pointer = tmp_path / "labels.csv.dvc"
    with pytest.raises(InputError, match="got 0"):
        recorded_md5(pointer)
    pointer.write_text("outs:\n- md5: abc\n  size: 7\n", encoding="utf-8")
    assert recorded_md5(pointer) == "abc"
    conflict = "outs:\n<<<<<<< HEAD\n- md5: abc\n=======\n- md5: def\n>>>>>>> main\n"
    pointer.write_text(conflict, encoding="utf-8")
    with pytest.raises(InputError, match="expected one md5, got 2"):
        recorded_md5(pointer)


def test_each_sides_text_is_found(branches: Branches) -> None:
    first = branches.commit(rows([1]))
    part = branches.pack(1)
    second = branches.commit(rows([1, 2]), parts=[part])
    sides = texts(branches.project, Operation("merge", None, first, second, "theirs"), branches.project.images_dvc)
    assert sides == {"base": None, "ours": None, "theirs": branches.images_dvc([part])}
