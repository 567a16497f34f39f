import os
import sys
from pathlib import Path

import pytest

from winnow.errors import InputError, UsageError
from winnow.evaluation.listing import list_entries


def names(source: Path) -> list[str]:
    return [entry.name for entry in list_entries(str(source))]


def write(folder: Path, *paths: str) -> Path:
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(os.fsencode(path))
    return folder


def test_a_folder_gives_its_files_in_the_order_of_their_paths_without_hidden_ones(tmp_path: Path) -> None:
    write(tmp_path, "b/2.png", "b/1.png", "a.png", "b.png", "b/c/deep.png", ".hidden/x.png", "b/.DS_Store")
    assert names(tmp_path) == ["a.png", "b.png", "b/1.png", "b/2.png", "b/c/deep.png"]
    assert [entry.num_bytes for entry in list_entries(str(tmp_path))][:2] == [5, 5]
    assert [Path(entry.place).read_text() for entry in list_entries(str(tmp_path))] == names(tmp_path)


def test_links_are_listed_and_never_followed(tmp_path: Path) -> None:
    write(tmp_path, "a.png")
    (tmp_path / "loop").symlink_to(tmp_path)
    assert names(tmp_path) == ["a.png", "loop"]


def test_another_content_is_another_version(tmp_path: Path) -> None:
    write(tmp_path, "a.png")
    before = [entry.version for entry in list_entries(str(tmp_path))]
    assert [entry.version for entry in list_entries(str(tmp_path))] == before
    os.utime(tmp_path / "a.png", ns=(1, 1))
    assert [entry.version for entry in list_entries(str(tmp_path))] != before


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_name_that_is_no_text_becomes_printable_and_can_still_be_opened(tmp_path: Path) -> None:
    write(tmp_path, os.fsdecode(b"caf\xe9.png"))
    (entry,) = list_entries(str(tmp_path))
    assert entry.name == "caf\\xe9.png"
    assert Path(entry.place).exists()


def test_a_text_names_a_path_a_line_relative_to_itself(tmp_path: Path) -> None:
    write(tmp_path, "in/a.png")
    absolute = tmp_path / "in" / "a.png"
    (tmp_path / "list.txt").write_bytes(f"in/a.png\r\n\n{absolute}\nin/absent.png\ngs://bucket/b.png\n".encode())
    entries = list(list_entries(str(tmp_path / "list.txt")))
    assert [entry.name for entry in entries] == ["in/a.png", str(absolute), "in/absent.png", "gs://bucket/b.png"]
    assert Path(entries[0].place) == absolute
    assert entries[2].version == "absent"
    assert entries[3].place == "gs://bucket/b.png"


def test_a_table_names_paths_in_its_column_path(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text('\ufeffsite,path\nx,"a, b.png"\n\ny,c.png\n', encoding="utf-8")
    assert names(tmp_path / "list.csv") == ["a, b.png", "c.png"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"file\na.png\n", "column `path`"),
        (b"path,site\na.png\n", "line 2: expected 2 cells, got 1"),
        (b"path\n\xff\n", "not a list in UTF-8"),
        (b'path\n"a.png\n', "not a list in UTF-8"),
    ],
)
def test_a_malformed_table_is_refused_with_its_line(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_bytes(content)
    with pytest.raises(InputError, match=message):
        names(tmp_path / "list.csv")


def test_what_is_no_source_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="found no"):
        names(tmp_path / "absent")
    with pytest.raises(UsageError, match="got the file"):
        names(write(tmp_path, "one.png") / "one.png")
    with pytest.raises(UsageError, match="ftp://"):
        list(list_entries("ftp://host/path"))
