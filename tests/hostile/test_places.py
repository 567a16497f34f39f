"""What else may lie in a folder: links, pipes, sockets, locked files, folders within folders."""

import os
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from corpus_pictures import encoded, photo

from repository import write_params
from winnow.data.labels import read_labels
from winnow.data.parts import image_id, list_parts, read_part
from winnow.ingest.result import AddResult
from winnow.pipeline import add
from winnow.project import Project

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files, or wants rights to make them")
GOOD = {f"{name}/{number}.png": encoded(photo(number), "PNG") for number, name in enumerate(("cat", "cat", "dog"))}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project in the working directory, with a folder `raw` of good pictures."""
    project = Project(tmp_path / "project")
    project.root.mkdir()
    write_params(project.root)
    monkeypatch.chdir(project.root)
    for name, content in GOOD.items():
        Path("raw", name).parent.mkdir(parents=True, exist_ok=True)
        Path("raw", name).write_bytes(content)
    return project


def run(project: Project) -> tuple[AddResult, dict[str, str]]:
    """Add `raw`, see that the good pictures are in, and return the result and the refusals: path to check."""
    result = add.run(project, "raw", track=False)
    rows = {row[0]: (row[1], row[2]) for row in read_labels(project.labels).rows()}
    bytes_by_id = {
        row["id"]: row["bytes"]
        for part in list_parts(project.images)
        for batch in read_part(part)
        for row in batch.to_pylist()
    }
    for name, content in GOOD.items():
        assert rows[image_id(content)] == (name.partition("/")[0], name)
        assert bytes_by_id[image_id(content)] == content
    assert result.added + result.known + result.quarantined + result.duplicates == result.found
    lines = project.quarantine.read_text(encoding="utf-8").splitlines()[1:]
    return result, {line.split(",")[0]: line.split(",")[1] for line in lines}


@posix
def test_nothing_but_files_is_opened(project: Project) -> None:
    os.mkfifo("raw/cat/pipe.png")
    os.chdir("raw/cat")  # the path of a socket is short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket.png")
        os.chdir(project.root)
        Path("raw/cat/linked.png").symlink_to("0.png")
        Path("raw/cat/dangling.png").symlink_to("nowhere")
        Path("raw/cat/loop.png").symlink_to("loop.png")
        Path("raw/cat/ping.png").symlink_to("pong.png")
        Path("raw/cat/pong.png").symlink_to("ping.png")
        Path("raw/cat/upwards").symlink_to("..")
        Path("raw/zero.png").symlink_to("/dev/zero")
        Path("raw/linked-class").symlink_to("cat")
        result, refused = run(project)
    links = ("dangling", "linked", "loop", "ping", "pong")
    assert refused == {
        **{f"cat/{name}.png": "Q201" for name in links},
        "cat/upwards": "Q201",
        "zero.png": "Q201",
        "linked-class": "Q201",
        "cat/pipe.png": "Q202",
        "cat/socket.png": "Q202",
    }
    assert result.added == len(GOOD)


def test_folders_named_like_images_are_folders(project: Project) -> None:
    inner = encoded(photo(9), "PNG")
    Path("raw/cat/album.png/deeper.jpg").mkdir(parents=True)
    Path("raw/cat/album.png/deeper.jpg/9.png").write_bytes(inner)
    Path("raw/cat/empty.png").mkdir()
    result, refused = run(project)
    assert (result.added, refused) == (len(GOOD) + 1, {})


@contextmanager
def nested(folder: Path, name: str, depth: int) -> Iterator[None]:
    """Put a picture at the bottom of `depth` folders, and clear them away: no recursion of Python's could."""
    home = Path.cwd()
    os.chdir(folder)
    for _ in range(depth):
        os.mkdir(name)  # noqa: PTH102 - relative to where we are, the whole path being longer than allowed
        os.chdir(name)
    Path("deep.png").write_bytes(encoded(photo(9), "PNG"))
    bottom = os.open(".", os.O_RDONLY)
    os.chdir(home)
    yield
    os.fchdir(bottom)
    os.close(bottom)
    Path("deep.png").unlink()
    for _ in range(depth):
        os.chdir("..")
        os.rmdir(name)  # noqa: PTH106 - as above
    os.chdir(home)


@posix
def test_folders_may_be_nested_deeper_than_python_calls(project: Project) -> None:
    with nested(Path("raw/cat"), "d", sys.getrecursionlimit() + 200):
        result, refused = run(project)
    assert (result.added, refused) == (len(GOOD) + 1, {})


@posix
def test_folders_may_be_nested_deeper_than_a_path_is_long(project: Project) -> None:
    with nested(Path("raw/cat"), "d" * 200, 30):
        result, refused = run(project)
    assert result.added == len(GOOD)
    assert list(refused.values()) == ["Q202"]


def refusing(real: Callable[..., Any]) -> Callable[..., Any]:
    """Return `real`, but for paths with `locked` in them no permission, as for anybody but root."""

    def guarded(path: Any, *arguments: Any, **options: Any) -> Any:
        if "locked" in str(path):
            raise PermissionError(13, "Permission denied")
        return real(path, *arguments, **options)

    return guarded


def test_what_may_not_be_read_is_refused(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("raw/cat/locked folder").mkdir()
    Path("raw/locked class").mkdir()
    for name in ("cat/locked.png", "cat/locked folder/1.png", "locked class/2.png"):
        Path("raw", name).write_bytes(encoded(photo(8), "PNG"))
    for name in ("open", "scandir"):
        monkeypatch.setattr(os, name, refusing(getattr(os, name)))
    result, refused = run(project)
    assert refused == dict.fromkeys(("cat/locked.png", "cat/locked folder", "locked class"), "Q202")
    assert result.added == len(GOOD)


def test_a_file_that_vanishes_or_changes_meanwhile_is_refused(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("gone.png", "grown.png"):
        Path("raw/cat", name).write_bytes(encoded(photo(8), "PNG"))
    really_open, really_stat = os.open, os.fstat

    def open_late(path: Any, *arguments: Any, **options: Any) -> int:
        if str(path).endswith("gone.png"):
            Path(path).unlink()
        return really_open(path, *arguments, **options)

    def stat_early(descriptor: int) -> os.stat_result:
        status = really_stat(descriptor)
        if os.path.samestat(status, Path("raw/cat/grown.png").stat()):
            with Path("raw/cat/grown.png").open("ab") as stream:
                stream.write(b"more")
        return status

    monkeypatch.setattr(os, "open", open_late)
    monkeypatch.setattr(os, "fstat", stat_early)
    _, refused = run(project)
    assert refused == {"cat/gone.png": "Q202", "cat/grown.png": "Q202"}
