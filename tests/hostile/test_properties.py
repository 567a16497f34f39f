"""The law on random input: bytes, mutations of whole files, names, rows of a table."""

import csv
import functools
import io
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest
from corpus_pictures import encoded, photo, plain
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from law import breach, outcome

from repository import write_params
from winnow.commands.images import export
from winnow.commands.relabel import relabel_from
from winnow.data.labels import SPLITS, read_labels
from winnow.data.parts import image_id, list_parts, part_ids
from winnow.errors import WinnowError
from winnow.ingest.names import clean, file_name, folders_of_labels, is_storable, label_of_folder
from winnow.ingest.source_folder import SPLIT_FOLDERS
from winnow.ingest.source_table import TableSource
from winnow.pipeline import add
from winnow.project import Project

# The same examples on every run: a failure in CI is a failure here.
certain = settings(derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])

SIGNATURES = (
    b"\xff\xd8\xff\xe0",
    b"\x89PNG\r\n\x1a\n",
    b"GIF89a",
    b"II*\0",
    b"MM\0*",
    b"BM",
    b"P6 ",
    b"RIFF\0\0\0\0WEBP",
)
T = TypeVar("T")
TEXT = st.text(max_size=40)
PICTURES = [encoded(photo(number), "PNG") for number in range(3)]


@st.composite
def mutations(draw: st.DrawFn) -> bytes:
    """Return a whole file with a few bytes changed, taken out, repeated or put in."""
    content = bytearray(plain()[draw(st.sampled_from(sorted(plain())))])
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, min(len(content) - 1, draw(st.sampled_from((40, 200, 5_000)))))))
        length = draw(st.integers(0, 20))
        replacement = draw(st.one_of(st.binary(max_size=8), st.just(bytes(content[at : at + length]) * 2)))
        content[at : at + length] = replacement
    return bytes(content)


@settings(certain, max_examples=150)
@given(st.sampled_from(SIGNATURES), st.binary(max_size=200))
def test_the_law_holds_for_random_bytes(signature: bytes, tail: bytes) -> None:
    for content in (tail, signature + tail):
        assert breach(content, outcome(content)) == ""


@pytest.mark.slow
@settings(certain, max_examples=600)
@given(mutations())
def test_the_law_holds_for_mutations_of_whole_files(content: bytes) -> None:
    assert breach(content, outcome(content)) == ""


@settings(certain, max_examples=300)
@given(st.lists(TEXT, max_size=6))
def test_labels_become_folders_that_differ_everywhere_and_give_the_labels_back(texts: list[str]) -> None:
    labels = sorted({label for label in map(clean, texts) if is_storable(label)})
    folders = folders_of_labels(labels)
    assert [label_of_folder(folders[label]) for label in labels] == labels
    assert len({folder.casefold() for folder in folders.values()}) == len(labels)
    for folder in folders.values():
        assert Path(folder).name == folder
        assert not folder.startswith(".")


@settings(certain, max_examples=300)
@given(TEXT)
def test_a_clean_name_stays_clean_and_makes_one_safe_file_name(text: str) -> None:
    name = clean(text)
    assert clean(name) == name
    assert "\n" not in name
    name.encode()
    assert not set(file_name(name)) & set('/\\:*?"<>|')


def attempt(act: Callable[[], T]) -> T | WinnowError:
    """Return what `act` returns, or the error that a person would see; any other exception is a crash."""
    try:
        return act()
    except WinnowError as error:
        return error


def is_refused(done: object) -> bool:
    """Return whether it ended in an error; see that the error helps."""
    assert not isinstance(done, WinnowError) or done.hint
    return isinstance(done, WinnowError)


@contextmanager
def new_project() -> Iterator[Project]:
    """Yield a project of its own for one example: a fixture would serve all of them."""
    with tempfile.TemporaryDirectory() as folder:
        project = Project(Path(folder).resolve())
        project.params.write_text(params(), encoding="utf-8")
        yield project


@functools.cache
def params() -> str:
    with tempfile.TemporaryDirectory() as folder:
        write_params(Path(folder), add__max_pixels=10_000)
        return Path(folder, "params.yaml").read_text(encoding="utf-8")


@settings(certain, max_examples=40)
@given(TEXT)
def test_no_argument_of_add_crashes(text: str) -> None:
    with new_project() as project:
        assert is_refused(attempt(lambda: add.run(project, f"{project.root}/{text}x.csv", track=False)))


ROWS = st.lists(
    st.tuples(
        st.one_of(st.sampled_from(["0.png", "1.png", "./2.png", "absent.png", "/dev/null", ".."]), TEXT),
        TEXT,
        TEXT,
        st.sampled_from([*SPLITS, *SPLIT_FOLDERS, "vault "]),
        TEXT,
    ),
    max_size=5,
)


@pytest.mark.slow
@settings(certain, max_examples=60)
@given(ROWS, st.sampled_from(["\n", "\r\n", "\r"]), st.booleans())
def test_the_law_holds_for_random_tables(rows: list[tuple[str, ...]], end: str, has_mark: bool) -> None:
    table = io.StringIO()
    writer = csv.writer(table, lineterminator=end)
    writer.writerows([("path", "label", "group", "split", "site"), *rows])
    content = table.getvalue().encode("utf-8-sig" if has_mark else "utf-8", errors="surrogatepass")
    with new_project() as project:
        for number, picture in enumerate(PICTURES):
            (project.root / f"{number}.png").write_bytes(picture)
        (project.root / "list.csv").write_bytes(content)
        result = attempt(lambda: add.run(project, str(project.root / "list.csv"), track=False))
        if is_refused(result):
            assert not project.labels.exists()
            return
        assert result.found == result.added + result.duplicates + result.quarantined
        if result.added:
            require_rows_of(project, rows)


def require_rows_of(project: Project, rows: list[tuple[str, ...]]) -> None:
    """Every image in the data set has the label, the group and the further cell of a row, and its bytes in a part."""
    said = {(clean(label.strip()), clean(group.strip()), site) for _, label, group, _, site in rows}
    ids = {image for part in list_parts(project.images) for image in part_ids(part).to_pylist()}
    assert ids <= set(map(image_id, PICTURES))
    found = list(read_labels(project.labels).rows())
    assert {row[0] for row in found} == ids
    assert {(row[1], row[3], row[5]) for row in found} <= said


@settings(certain, max_examples=150)
@given(st.binary(max_size=300))
def test_a_table_of_random_bytes_is_refused_with_a_hint_or_read(tail: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for head in (b"", b"path,label\n"):
            path = Path(folder, "list.csv")
            path.write_bytes(head + tail)
            source = attempt(lambda path=path: TableSource(path))
            assert is_refused(source) or source.count() == len(list(source.items()))


FILE_NAMES = st.binary(min_size=1, max_size=60).filter(lambda name: not set(name) & {0, 0x2F} and name[:1] != b".")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names themselves")
@settings(certain, max_examples=25)
@given(st.lists(st.tuples(FILE_NAMES, FILE_NAMES), min_size=1, max_size=4, unique_by=lambda names: names[0]))
def test_files_of_any_name_survive_export_and_relabel(names: list[tuple[bytes, bytes]]) -> None:
    with new_project() as project:
        for number, (folder, name) in enumerate(names):
            place = project.root / "raw" / os.fsdecode(folder)
            place.mkdir(parents=True)
            (place / os.fsdecode(name)).write_bytes(encoded(photo(number), "PNG"))
        result = add.run(project, str(project.root / "raw"), track=False)
        assert result.added + result.quarantined == len(names)
        if result.added:
            before = project.labels.read_bytes()
            export(project, project.root / "out")
            again = relabel_from(project, str(project.root / "out"), remove=True, track=False)
            assert (again.relabelled, again.added, again.missing, again.quarantined) == ({}, [], [], 0)
            assert project.labels.read_bytes() == before
