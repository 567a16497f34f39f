from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from winnow.data.labels import COLUMNS, Labels, class_names, read_labels, write_labels
from winnow.errors import InputError

A, B, C = "a" * 20, "b" * 20, "c" * 20
HEADER = ",".join(COLUMNS)


def row(
    image: str, label: str = "cat", name: str = "", group: str = "", split: str = "", *further: str
) -> tuple[str, ...]:
    return (image, label, name, group, split, *further)


def write(path: Path, *lines: str, end: str = "\n", start: str = "") -> Path:
    path.write_bytes((start + end.join(lines) + end).encode())
    return path


def test_rows_are_sorted_by_id_and_written_canonically(tmp_path: Path) -> None:
    labels = Labels.from_rows([row(B, "dog"), row(A, "cat", "x/1.png", "p1", "val")])
    write_labels(tmp_path / "labels.csv", labels)
    assert (tmp_path / "labels.csv").read_bytes() == f"{HEADER}\n{A},cat,x/1.png,p1,val\n{B},dog,,,\n".encode()


def test_cells_are_quoted_where_they_must_be(tmp_path: Path) -> None:
    labels = Labels.from_rows([row(A, 'a "b", c', "two\nlines"), row(B, " space ", "x'y")])
    write_labels(tmp_path / "labels.csv", labels)
    text = (tmp_path / "labels.csv").read_text(encoding="utf-8")
    assert text == f'{HEADER}\n{A},"a ""b"", c","two\nlines",,\n{B}, space ,x\'y,,\n'


@settings(max_examples=30)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=3, max_size=3))
def test_any_text_survives_writing_and_reading(tmp_path_factory: pytest.TempPathFactory, cells: list[str]) -> None:
    path = tmp_path_factory.mktemp("labels") / "labels.csv"
    label, name, site = cells
    labels = Labels.from_rows([row(A, label, name, "", "", site)], ["site"])
    write_labels(path, labels)
    assert read_labels(path).table.equals(labels.table)


def test_a_byte_order_mark_crlf_and_any_order_are_tolerated(tmp_path: Path) -> None:
    lines = ("label,id,split,group,site,name", f"dog,{B},test,,north,n", "", f"cat,{A},,g,,m")
    labels = read_labels(write(tmp_path / "labels.csv", *lines, end="\r\n", start="\ufeff"))
    assert list(labels.rows()) == [row(A, "cat", "m", "g", "", ""), row(B, "dog", "n", "", "test", "north")]
    assert labels.further == ["site"]


def test_an_absent_file_names_the_command_that_writes_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="winnow add"):
        read_labels(tmp_path / "labels.csv")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["id,label,name,group", f"{A},cat,,"], "line 1: .* no `split`"),
        ([f"{HEADER},site,site"], "line 1: .* named once"),
        ([f"{HEADER},"], "line 1: .* every column named"),
        ([HEADER, f"{A},cat,,,", f"{B},cat,,"], "line 3: expected 5 cells, got 4"),
        ([HEADER, f"{A.upper()},cat,,,"], "line 2: expected an id of 20 hex digits"),
        ([HEADER, f"{A},cat,,,dev"], "line 2: .* got 'dev'"),
        ([HEADER, f"{A},cat,,,", f"{B},cat,,,", f"{A},cat,,,"], f"every id once, got {A} twice"),
        ([HEADER, f'{A},"cat,,,'], "not a CSV file"),
    ],
)
def test_a_malformed_file_is_refused_with_its_place(tmp_path: Path, lines: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_labels(write(tmp_path / "labels.csv", *lines))


def test_text_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_bytes(HEADER.encode() + b"\n" + A.encode() + b",caf\xe9,,,\n")
    with pytest.raises(InputError, match="not a CSV file in UTF-8"):
        read_labels(tmp_path / "labels.csv")


def test_merging_keeps_every_further_column() -> None:
    old = Labels.from_rows([row(B, "dog", "", "", "", "north")], ["site"])
    new = Labels.from_rows([row(A, "cat", "", "", "", "40")], ["age"])
    merged = old.merged(new)
    assert merged.further == ["site", "age"]
    assert list(merged.rows()) == [row(A, "cat", "", "", "", "", "40"), row(B, "dog", "", "", "", "north", "")]


def test_merging_an_id_that_both_have_is_refused() -> None:
    labels = Labels.from_rows([row(A)])
    with pytest.raises(InputError, match="twice"):
        labels.merged(labels)


def test_rows_are_selected_removed_and_relabelled() -> None:
    labels = Labels.from_rows([row(A, "cat", split="val"), row(B, "dog"), row(C, "")])
    assert labels.selected(label="cat").column("id") == [A]
    assert labels.selected(split="").column("id") == [B, C]
    assert labels.selected(label="cat", split="test").column("id") == []
    assert labels.without({A, C}).column("id") == [B]
    assert labels.only({A, C}).column("id") == [A, C]
    assert labels.relabelled({C: "cow"}).column("label") == ["cat", "dog", "cow"]
    assert len(labels.without([])) == len(labels) == 3


def test_class_names_are_sorted_and_leave_unlabelled_images_out() -> None:
    assert class_names(Labels.from_rows([row(A, "dog"), row(B, ""), row(C, "cat")])) == ["cat", "dog"]
    assert class_names(Labels.empty()) == []


def test_many_rows_are_kept_as_columns() -> None:
    num_rows = 20_000
    labels = Labels.from_rows(row(f"{number:020x}", "cat") for number in range(num_rows))
    assert len(labels) == num_rows
    assert labels.table.schema.types == [pa.string()] * 5
    assert labels.table.nbytes < num_rows * 50
