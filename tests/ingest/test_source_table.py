from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from winnow.errors import InputError
from winnow.ingest.source_table import TableSource

WriteImages = Callable[[Path, dict[str, int]], Path]
Png = Callable[[int], bytes]


def table(tmp_path: Path, *lines: str, end: str = "\n", encoding: str = "utf-8") -> Path:
    path = tmp_path / "list.csv"
    path.write_bytes((end.join(lines) + end).encode(encoding))
    return path


def read(path: Path) -> list[tuple[Any, ...]]:
    return [(item.name, item.label, item.group, item.split, item.further) for item in TableSource(path).items()]


def test_paths_are_relative_to_the_table(tmp_path: Path, write_images: WriteImages, png: Png) -> None:
    write_images(tmp_path, {"images/1.png": 1})
    [item] = TableSource(table(tmp_path, "path,label", "images/1.png,cat")).items()
    assert item.path == str(tmp_path / "images" / "1.png")
    assert (item.name, item.label, item.num_bytes) == ("images/1.png", "cat", len(png(1)))


def test_group_split_and_further_columns_are_kept(tmp_path: Path) -> None:
    path = table(tmp_path, "site,label,path,split,group,age", "north,cat,1.png,validation,p7,40", ",,2.png,,,")
    assert read(path) == [("1.png", "cat", "p7", "val", ("north", "40")), ("2.png", "", "", "", ("", ""))]
    assert TableSource(path).further == ("site", "age")


def test_a_byte_order_mark_crlf_blanks_and_quotes_are_fine(tmp_path: Path) -> None:
    path = table(tmp_path, "path, label", '"a, ""b"".png", cat ', "", "c.png,cat", end="\r\n", encoding="utf-8-sig")
    assert [row[:2] for row in read(path)] == [('a, "b".png', "cat"), ("c.png", "cat")]


def test_equal_rows_count_once_and_are_told(tmp_path: Path) -> None:
    source = TableSource(table(tmp_path, "path,label", "1.png,cat", "./1.png,cat", "2.png,dog", "1.png,cat"))
    assert (source.count(), source.num_repeated_rows) == (2, 2)
    assert [item.name for item in source.items()] == ["1.png", "2.png"]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["path,label", "1.png,cat", "1.png,dog"], r"line 3: '1\.png' is listed twice: .*'cat'.*'dog'"),
        (["path,label,group", "1.png,cat,a", "1.png,cat,b"], "listed twice"),
        (["file,label", "1.png,cat"], "line 1: expected the columns path,label"),
        (["path;label", "1.png;cat"], "expected the columns path,label.*\nhint: .* comma separated"),
        (["path,label,x,x", "1.png,cat,,"], "named once"),
        (["path,label,", "1.png,cat,"], "every column named"),
        (["path,label,si\x1bte", "1.png,cat,"], "every column named plainly"),
        (["path,label,cafe\u0301", "1.png,cat,"], "every column named plainly"),
        (["path,label,prob_cat", "1.png,cat,1"], "`prob_cat` is a column that winnow writes"),
        (["path,label", "1.png," + "\u0315\u0300" * 2049], "line 2: expected at most 4096 characters as `label`"),
        (["path,label", "1.png," + "x" * 200_000], "not a CSV file"),
        (["path,label,name", "1.png,cat,n"], "`name` is a column that winnow writes"),
        (["path,label", "1.png"], "line 2: expected 2 cells, got 1"),
        (["path,label", "1.png,cat", "2.png,cat,extra"], "line 3: expected 2 cells, got 3"),
        (["path,label", ",cat"], "line 2: expected a path"),
        (["path,label,split", "1.png,cat,dev"], "line 2: expected an empty split or one of .*'dev'"),
        (["path,label"], "lists no image"),
        ([""], "line 1: expected the columns path,label"),
        (["path,label", '"1.png,cat'], "not a CSV file in UTF-8"),
    ],
)
def test_a_malformed_table_is_refused_with_its_place(tmp_path: Path, lines: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        TableSource(table(tmp_path, *lines))


def test_another_encoding_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="in UTF-8"):
        TableSource(table(tmp_path, "path,label", "1.png,caf\u00e9", encoding="latin-1"))


def test_an_absent_file_is_left_to_the_one_who_reads_it(tmp_path: Path) -> None:
    [item] = TableSource(table(tmp_path, "path,label", "absent.png,cat")).items()
    assert item.num_bytes == 0
