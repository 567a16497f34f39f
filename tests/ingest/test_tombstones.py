from pathlib import Path

import pytest

from winnow.errors import InputError
from winnow.ingest.tombstones import add_erased, read_erased

A, B, C = "a" * 20, "b" * 20, "c" * 20


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "erased.csv"


def test_ids_are_sorted_and_there_once_whatever_their_order(path: Path) -> None:
    assert read_erased(path) == set()
    add_erased(path, [C, A])
    add_erased(path, [B, A])
    assert path.read_bytes() == f"id\n{A}\n{B}\n{C}\n".encode()
    assert read_erased(path) == {A, B, C}


def test_nothing_new_writes_nothing(path: Path) -> None:
    add_erased(path, [A])
    before = path.stat().st_mtime_ns
    add_erased(path, [A])
    assert path.stat().st_mtime_ns == before


def test_line_ends_and_marks_of_windows_are_tolerated(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"\xef\xbb\xbfid\r\n" + A.encode() + b"\r\n")
    assert read_erased(path) == {A}


@pytest.mark.parametrize("text", ["", f"{A}\n", f"id\n{A[:-1]}\n", f"id\n{A}\n\n", "id\n<<<<<<< HEAD\n"])
def test_a_malformed_file_is_refused(path: Path, text: str) -> None:
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"git checkout data/erased\.csv"):
        read_erased(path)
