"""idx files that are cut, that lie, or that are something else."""

import gzip
import os
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from winnow.data.parts import part_ids
from winnow.errors import InputError
from winnow.pipeline import add
from winnow.project import Project

IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
PIXELS = bytes(range(144))


def header(*shape: int, kind: int = 8, zeros: int = 0) -> bytes:
    return struct.pack(f">HBB{len(shape)}I", zeros, kind, len(shape), *shape)


@pytest.fixture
def folder(project: Project) -> Path:
    """Three images of 6 x 8, and their labels."""
    made = project.root / "idx"
    made.mkdir()
    (made / IMAGES).write_bytes(header(3, 6, 8) + PIXELS)
    (made / LABELS).write_bytes(header(3) + b"\0\1\0")
    return made


@pytest.fixture
def refused(project: Project) -> Callable[[], str]:
    """Return a function that adds the folder, expects a refusal, and returns it."""

    def add_folder() -> str:
        with pytest.raises(InputError) as caught:
            add.run(project, "idx:idx", track=False)
        assert caught.value.hint
        assert not project.labels.exists()
        assert not project.images.exists()
        return str(caught.value)

    return add_folder


def test_an_honest_pair_is_taken(project: Project, folder: Path) -> None:
    assert add.run(project, f"idx:{folder}", track=False).added == 3
    assert len(part_ids(next(project.images.iterdir()))) == 3


HUGE = 2**32 - 1


@pytest.mark.parametrize(
    "shape",
    [(3, 0, 0), (3, 0, 8), (3, 6, 0), (3, HUGE, HUGE), (3, 65_535, 65_535), (3, 65_536, 1), (3, 60, 80), (4, 6, 8)],
)
def test_a_shape_that_is_not_there_is_refused(folder: Path, refused: Callable[[], str], shape: tuple[int, ...]) -> None:
    (folder / IMAGES).write_bytes(header(*shape) + PIXELS)
    assert "expected" in refused()


@pytest.mark.parametrize("count", [HUGE, 100_000_001, 100_000_000])
def test_a_count_that_is_not_there_allocates_nothing(folder: Path, refused: Callable[[], str], count: int) -> None:
    (folder / IMAGES).write_bytes(header(count, 6, 8) + PIXELS)
    (folder / LABELS).write_bytes(header(count) + b"\0\1\0")
    assert "expected" in refused()


@pytest.mark.parametrize("name", [IMAGES, LABELS])
@pytest.mark.parametrize("is_packed", [False, True])
def test_a_cut_file_is_refused_wherever_it_is_cut(
    folder: Path, refused: Callable[[], str], name: str, *, is_packed: bool
) -> None:
    whole = (folder / name).read_bytes()
    (folder / name).unlink()
    target, content = (folder / f"{name}.gz", gzip.compress(whole)) if is_packed else (folder / name, whole)
    for length in range(0, len(content), max(1, len(content) // 9)):
        target.write_bytes(content[:length])
        assert "truncated" in refused()


@pytest.mark.parametrize("name", [IMAGES, LABELS])
def test_a_file_that_holds_more_than_it_says_is_refused(folder: Path, refused: Callable[[], str], name: str) -> None:
    with (folder / name).open("ab") as stream:
        stream.write(b"\0")
    assert "more than" in refused()


@pytest.mark.parametrize("name", [IMAGES, LABELS])
def test_a_packed_file_with_a_wrong_checksum_is_refused(folder: Path, refused: Callable[[], str], name: str) -> None:
    content = bytearray(gzip.compress((folder / name).read_bytes()))
    content[-8] ^= 1
    (folder / name).unlink()
    (folder / f"{name}.gz").write_bytes(content)
    assert "corrupt" in refused()


@pytest.mark.parametrize("content", [b"", b"\0", b"\xff" * 40, b"\x89PNG\r\n\x1a\n" + bytes(40), header(3, 6, kind=13)])
@pytest.mark.parametrize("name", [IMAGES, LABELS])
def test_something_else_is_refused(folder: Path, refused: Callable[[], str], name: str, content: bytes) -> None:
    (folder / name).write_bytes(content)
    assert name in refused()


@pytest.mark.parametrize("content", [b"\xff\xfeb\0i\0", b"", b"one\n", b"one\none\n"])
def test_names_that_do_not_fit_are_refused(folder: Path, refused: Callable[[], str], content: bytes) -> None:
    (folder / "labels.txt").write_bytes(content)
    if content:
        assert "labels.txt" in refused()


def test_folders_in_the_place_of_files_are_refused(folder: Path, refused: Callable[[], str]) -> None:
    (folder / IMAGES).unlink()
    (folder / IMAGES).mkdir()
    assert "found none" in refused()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no named pipes")
def test_a_pipe_is_not_waited_for(folder: Path, refused: Callable[[], str]) -> None:
    (folder / IMAGES).unlink()
    os.mkfifo(folder / IMAGES)
    assert "found none" in refused()


def test_a_file_that_may_not_be_read_is_refused(
    folder: Path, refused: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    really_open = Path.open

    def guarded(path: Path, *arguments: object, **options: object) -> object:
        if path.name == LABELS:
            raise PermissionError(13, "Permission denied")
        return really_open(path, *arguments, **options)

    monkeypatch.setattr(Path, "open", guarded)
    assert "Permission denied" in refused()
