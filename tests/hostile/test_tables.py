"""CSV lists as spreadsheets, scripts and attackers write them."""

import csv
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from corpus_pictures import encoded, photo

from winnow.data.labels import read_labels
from winnow.data.parts import image_id
from winnow.errors import InputError, UsageError
from winnow.ingest.result import AddResult
from winnow.pipeline import add
from winnow.project import Project

PICTURES = [encoded(photo(number), "PNG") for number in range(3)]
Row = tuple[str, ...]


@pytest.fixture
def run(project: Project) -> Callable[[bytes], AddResult]:
    """Return a function that adds a table, beside which 0.png, 1.png and 2.png lie."""
    for number, content in enumerate(PICTURES):
        Path(f"{number}.png").write_bytes(content)

    def add_table(content: bytes) -> AddResult:
        Path("list.csv").write_bytes(content)
        return add.run(project, "list.csv", track=False)

    return add_table


def rows(project: Project) -> dict[int, Row]:
    """Return the rows of the pictures that are in, by the picture's number, without their ids."""
    found = {row[0]: row[1:] for row in read_labels(project.labels).rows()}
    return {number: found[image_id(content)] for number, content in enumerate(PICTURES) if image_id(content) in found}


def checks(project: Project) -> list[str]:
    with project.quarantine.open(encoding="utf-8", newline="") as stream:
        return [row["check"] for row in csv.DictReader(stream)]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"path,label\n0.png,cat\n1.png,dog\n", id="plain"),
        pytest.param(b"\xef\xbb\xbfpath,label\n0.png,cat\n1.png,dog\n", id="byte order mark"),
        pytest.param(b"path,label\r\n0.png,cat\r\n1.png,dog\r\n", id="CRLF"),
        pytest.param(b"path,label\r0.png,cat\r1.png,dog\r", id="CR"),
        pytest.param(b"path,label\n0.png,cat\n1.png,dog", id="no last line end"),
        pytest.param(b'"path","label"\n"0.png","cat"\n"1.png","dog"\n', id="quotes"),
        pytest.param(b"path,label\n\n0.png,cat\n\n\n1.png,dog\n\n", id="blank lines"),
        pytest.param(b"path,label\n./0.png,cat\n0.png,cat\na/../1.png,dog\n1.png,dog\n", id="repeated rows"),
        pytest.param(b"path,label,group,split\n0.png,cat,,\n1.png,dog,,\n", id="empty cells"),
    ],
)
def test_tables_that_say_the_same_do_the_same(
    project: Project, run: Callable[[bytes], AddResult], content: bytes
) -> None:
    result = run(content)
    assert (result.added, result.quarantined) == (2, 0)
    assert {number: row[:4] for number, row in rows(project).items()} == {
        0: ("cat", "0.png", "", ""),
        1: ("dog", "1.png", "", ""),
    }


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\0" * 100, id="zeros"),
        pytest.param(b"\n\n\n", id="blank"),
        pytest.param("path,label\n0.png,cat\n".encode("utf-16"), id="UTF-16"),
        pytest.param("path,label\n0.png,cat\n".encode("utf-16-le"), id="UTF-16 without mark"),
        pytest.param(b"path,label\n0.png,caf\xe9\n", id="Latin-1"),
        pytest.param(b"path;label\n0.png;cat\n", id="semicolons"),
        pytest.param(b"path,label\n0.png\n1.png,dog\n", id="missing cell"),
        pytest.param(b"path,label\n0.png,cat,x\n1.png,dog\n", id="extra cell"),
        pytest.param(b'path,label\n0.png,"cat\n1.png,dog\n', id="open quote"),
        pytest.param(b"path,label\n0.png,cat\n0.png,dog\n", id="two labels"),
        pytest.param(b"path,label,split\n0.png,cat,holdout\n", id="unknown split"),
        pytest.param(b"path,label\n" + b"x" * 200_000 + b",cat\n", id="endless cell"),
        pytest.param(b"path,label\n" + PICTURES[0], id="a picture"),
        pytest.param(b"path,label,label\n0.png,cat,dog\n", id="column twice"),
    ],
)
def test_a_malformed_table_changes_nothing(project: Project, run: Callable[[bytes], AddResult], content: bytes) -> None:
    with pytest.raises(InputError) as caught:
        run(content)
    assert caught.value.hint
    assert not project.labels.exists()
    assert not project.images.exists()


@pytest.mark.parametrize(
    "path",
    [
        "absent.png",
        "https://example.org/0.png",
        "file:///etc/passwd",
        "../0.png",
        "/etc/passwd",
        "nul\0byte.png",
        "list.csv",
        "~/0.png",
        "$HOME/0.png",
        "*.png",
        "0.png/0.png",
        "x" * 4_000,
        "\U0001f642" * 90,
        "\u202egnp.0",
        ".",
        "..",
        "a/..",
    ],
)
def test_a_row_that_names_no_picture_is_refused_and_the_others_are_taken(
    project: Project, run: Callable[[bytes], AddResult], path: str
) -> None:
    table = f"path,label\n0.png,cat\n{path},dog\n1.png,dog\n".encode()
    if os.path.normpath(path) == ".":
        with pytest.raises(InputError, match="expected a path"):
            run(table)
        return
    result = run(table)
    assert (result.found, result.added, result.quarantined) == (3, 2, 1)
    assert checks(project)[0] in {"Q101", "Q202"}
    assert list(rows(project)) == [0, 1]


def test_a_table_may_name_files_anywhere_the_person_may_read(
    project: Project, run: Callable[[bytes], AddResult]
) -> None:
    outside = project.root.parent / "outside.png"
    outside.write_bytes(PICTURES[0])
    result = run(f"path,label\n../outside.png,cat\n{project.root / '1.png'},dog\n".encode())
    assert (result.added, result.quarantined) == (2, 0)
    assert rows(project)[0][:2] == ("cat", "../outside.png")


def test_cells_of_any_text_come_back(project: Project, run: Callable[[bytes], AddResult]) -> None:
    odd = ["a,b", 'say "hi"', "two\nlines", "cr\rhere", "\u202eleft", "\U0001f642", "=cmd()", " spaced ", "nul\0", ""]
    cells = ",".join('"' + cell.replace('"', '""') + '"' for cell in odd)
    header = ",".join(f"further{number}" for number in range(len(odd)))
    run(f"path,label,{header}\n0.png,cat,{cells}\n1.png,dog{',' * len(odd)}\n".encode())
    assert rows(project)[0] == ("cat", "0.png", "", "", *odd)
    assert rows(project)[1] == ("dog", "1.png", "", "", *[""] * len(odd))
    before = project.labels.read_bytes()
    assert run(b"path,label\n2.png,cat\n").added == 1
    assert before.splitlines()[1] in project.labels.read_bytes()


def test_labels_and_groups_are_made_printable(project: Project, run: Callable[[bytes], AddResult]) -> None:
    run('path,label,group\n0.png,"two\nlines","\x1b[31m"\n1.png,cafe\u0301,\u202egnp\n'.encode())
    assert rows(project)[0] == (r"two\nlines", "0.png", r"\x1b[31m", "")
    assert rows(project)[1] == ("caf\u00e9", "1.png", r"\u202egnp", "")


def test_a_class_that_no_folder_can_be_named_after_is_refused(
    project: Project, run: Callable[[bytes], AddResult]
) -> None:
    result = run(f"path,label\n0.png,cat\n1.png,{'dog ' * 70}\n2.png,{':' * 90}\n".encode())
    assert (result.added, checks(project)) == (1, ["Q207", "Q207"])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no named pipes")
def test_a_pipe_named_like_a_table_is_not_waited_for(project: Project) -> None:
    os.mkfifo("list.csv")
    with pytest.raises(UsageError, match=r"got the file list\.csv"):
        add.run(project, "list.csv", track=False)


@pytest.mark.parametrize("text", ["x" * 300, "x" * 5_000, "nul\0byte", "nul\0byte.csv", "loop", "loop.csv", ""])
def test_no_argument_ends_in_a_traceback(project: Project, text: str) -> None:
    if sys.platform != "win32":
        Path("loop").symlink_to("loop")
        Path("loop.csv").symlink_to("loop.csv")
    with pytest.raises((InputError, UsageError)):
        add.run(project, text, track=False)
