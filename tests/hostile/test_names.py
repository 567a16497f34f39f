"""Names that people, phones and attackers give: in by `add`, out by `images export`, back by `relabel --from`."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from corpus_pictures import encoded, photo

from winnow.commands.images import export
from winnow.commands.relabel import relabel, relabel_from
from winnow.data.labels import read_labels
from winnow.data.parts import image_id
from winnow.errors import ExitCode, UsageError
from winnow.pipeline import add
from winnow.project import Project

Stored = Callable[[Project], dict[str, bytes]]

# Other systems refuse such names themselves, or store them in another form: there they come by table.
linux = pytest.mark.skipif(sys.platform != "linux", reason="other systems do not store such names")

NAMES = (
    "cafe\u0301",  # decomposed
    "caf\u00e9 composed",
    "\U0001f408\u200d\u2b1b",
    "\u05d7\u05ea\u05d5\u05dc",
    "\u202egnp.cat",
    "\u732b \u72ac",
    "tab\tbell\x07",
    "two\nlines",
    "carriage\rreturn",
    "\x1b[31mred",
    "\u2028separator",
    "quote\"s and '",
    "comma, semicolon;",
    "-rf",
    "--help",
    "$HOME `id` $(id)",
    "50%",
    "%2E%2E",
    "%unlabelled",
    "back\\slash",
    "C:",
    "a:b|c?d*e<f>g",
    " leading",
    "trailing ",
    "trailing.",
    "con",
    "NUL.txt",
    "COM\u00b9",
    "aux.tar.gz",
    "Cat",
    "CAT",
    "cat",
    "STRASSE",
    "stra\u00dfe",
    "=1+1",
    "@mention",
    "#hash",
    "x" * 200,
    "\u00e9" * 120,
    "train",
    "data",
)


def offered(number: int) -> bytes:
    return encoded(photo(number), "PNG")


def rows(project: Project) -> dict[str, tuple[str, ...]]:
    return {row[0]: row[1:] for row in read_labels(project.labels).rows()}


def require_round_trip(project: Project, stored: Stored, num_images: int) -> None:
    """Export, and take the folders as labels again: nothing changes; nothing lies outside its class's folder."""
    labels, before = rows(project), stored(project)
    out = project.root / "out"
    result = export(project, out)
    assert (result.num_written, result.differing, len(labels)) == (num_images, [], num_images)
    written = [path for path in out.rglob("*") if path.is_file()]
    assert all(path.parent.parent == out for path in written)
    assert {image_id(path.read_bytes()) for path in written} == set(labels)
    # Also on a file system that does not tell case.
    assert len({str(path).casefold() for path in written}) == num_images
    assert len({path.parent.name.casefold() for path in written}) == len({row[0] for row in labels.values()})
    again = relabel_from(project, str(out), remove=True, track=False)
    assert (again.relabelled, again.added, again.missing, again.quarantined) == ({}, [], [], 0)
    assert (rows(project), stored(project)) == (labels, before)


@linux
def test_folders_and_files_of_any_name_come_back(project: Project, stored: Stored) -> None:
    for number, name in enumerate(NAMES):
        folder = Path("raw", name)
        folder.mkdir(parents=True)
        (folder / f"{name}.png").write_bytes(offered(number))
        (folder / name).write_bytes(offered(1_000 + number))
    undecodable = Path("raw", os.fsdecode(b"\xff\xfe latin"))
    undecodable.mkdir()
    (undecodable / os.fsdecode(b"\xe9.png")).write_bytes(offered(5_000))
    result = add.run(project, "raw", track=False)
    assert (result.added, result.quarantined) == (2 * len(NAMES) + 1, 0)
    for label, name, *_ in rows(project).values():
        assert label.isprintable() or "\u202e" not in label
        assert not set(name + label) & set("\n\r\t\x1b\x07\u2028\u202e")
    require_round_trip(project, stored, 2 * len(NAMES) + 1)


def test_labels_and_paths_of_any_text_in_a_table_come_back(project: Project, stored: Stored) -> None:
    lines = []
    for number, name in enumerate([*NAMES, "", ".", "..", "a/b", "../../etc", "Thumbs.db", "desktop.ini", "__MACOSX"]):
        Path(f"{number}.png").write_bytes(offered(number))
        lines.append(f'{number}.png,"{name.replace(chr(34), chr(34) * 2)}"')
    Path("list.csv").write_text("\n".join(["path,label", *lines, ""]), encoding="utf-8", newline="")
    result = add.run(project, "list.csv", track=False)
    assert (result.added, result.quarantined) == (len(lines), 0)
    require_round_trip(project, stored, len(lines))


def test_files_that_would_get_one_name_do_not(project: Project, stored: Stored) -> None:
    names = ("1", "1.png", "1.PNG", "one.jpeg", "ONE.jpeg", "2.png", "2", "sub/2.png")
    for number, name in enumerate(names):
        path = Path("raw", "cat", f"{number}", name)
        path.parent.mkdir(parents=True)
        path.write_bytes(offered(number))
    assert add.run(project, "raw", track=False).added == len(names)
    require_round_trip(project, stored, len(names))


@linux
def test_a_class_name_that_no_folder_could_bear_when_exported_is_refused(project: Project) -> None:
    for number, name in enumerate((b"\xff" * 100, b"%" * 100, b"fine")):
        folder = Path("raw", os.fsdecode(name))
        folder.mkdir(parents=True)
        (folder / "1.png").write_bytes(offered(number))
    result = add.run(project, "raw", track=False)
    assert (result.added, result.quarantined) == (1, 2)
    assert project.quarantine.read_text(encoding="utf-8").count(",Q207,") == 2


def test_a_label_that_a_person_types_is_cleaned_or_refused(project: Project) -> None:
    Path("flat").mkdir()
    Path("flat", "1.png").write_bytes(offered(1))
    add.run(project, "flat", label=" cafe\u0301\n\udcff ", track=False)
    assert [row[0] for row in rows(project).values()] == ["caf\u00e9\\n\\udcff"]
    relabel(project, "1.png", "dog\x1b")
    assert [row[0] for row in rows(project).values()] == ["dog\\x1b"]
    for act in (lambda: relabel(project, "1.png", "x" * 256), lambda: add.run(project, "flat", label="x" * 256)):
        with pytest.raises(UsageError):
            act()


@linux
def test_moving_an_oddly_named_file_relabels_it(project: Project) -> None:
    Path("raw", "two\nlines").mkdir(parents=True)
    Path("raw", "two\nlines", "-rf \u202e.png").write_bytes(offered(1))
    add.run(project, "raw", track=False)
    export(project, Path("out"))
    [moved] = [path for path in Path("out").rglob("*") if path.is_file()]
    Path("out", "Cat").mkdir()
    moved.rename(Path("out", "Cat", moved.name))
    result = relabel_from(project, "out", track=False)
    assert (list(result.relabelled.values()), result.exit_code) == ([(r"two\nlines", "Cat")], ExitCode.OK)
