from pathlib import Path

import pytest
from branches import Branches, rows

from winnow.errors import InputError
from winnow.merging.operation import Operation
from winnow.merging.pointers import recorded_md5, texts


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
