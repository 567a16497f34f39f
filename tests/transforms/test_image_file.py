import os
import socket
import sys
from pathlib import Path

import pytest

from winnow.transforms import image_file
from winnow.transforms.decode import ImageProblem
from winnow.transforms.image_file import read_image_file

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files, or wants rights to make them")


def refused(path: Path | str, *, follow_links: bool = False) -> tuple[str, str]:
    with pytest.raises(ImageProblem) as caught:
        read_image_file(path, follow_links=follow_links)
    assert caught.value.hint
    return caught.value.check, caught.value.message


def test_a_file_comes_whole(tmp_path: Path) -> None:
    for content in (b"", b"\0\r\n\x1a" * 100_000):
        (tmp_path / "a \u00e9.png").write_bytes(content)
        assert read_image_file(tmp_path / "a \u00e9.png") == content


@pytest.mark.parametrize("name", [".", "absent", "nul\0byte", "x" * 5000])
def test_what_is_no_file_is_refused(tmp_path: Path, name: str) -> None:
    check, message = refused(f"{tmp_path}/{name}")
    assert check == "Q202"
    assert message.startswith("cannot be read: ")


@posix
def test_links_are_refused_unless_they_are_asked_for(tmp_path: Path) -> None:
    (tmp_path / "1.png").write_bytes(b"bytes")
    (tmp_path / "link").symlink_to("1.png")
    (tmp_path / "loop").symlink_to("loop")
    assert refused(tmp_path / "link")[0] == "Q201"
    assert read_image_file(tmp_path / "link", follow_links=True) == b"bytes"
    assert refused(tmp_path / "loop")[0] == "Q201"
    assert refused(tmp_path / "loop", follow_links=True)[0] == "Q202"


@posix
def test_pipes_and_sockets_are_refused_without_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the path of a socket is short
    os.mkfifo("pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        for name in ("pipe", "socket", "/dev/zero"):
            for follow_links in (False, True):
                assert refused(name, follow_links=follow_links)[0] == "Q202"


@posix
def test_a_pipe_that_takes_a_files_place_meanwhile_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "1.png"
    path.write_bytes(b"bytes")
    really_open = os.open

    def exchange_and_open(*arguments: object) -> int:
        path.unlink()
        os.mkfifo(path)
        return really_open(*arguments)

    monkeypatch.setattr(os, "open", exchange_and_open)
    assert refused(path)[0] == "Q202"


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux has such files")
def test_a_file_whose_size_says_nothing_is_refused() -> None:
    assert refused("/proc/self/status") == ("Q202", "cannot be read: expected 0 bytes, got more")


def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "1.png").touch()
    monkeypatch.setattr(os, "open", refuse)
    assert refused(tmp_path / "1.png") == ("Q202", "cannot be read: Permission denied")


def test_a_huge_file_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_file, "MAX_FILE_BYTES", 10)
    (tmp_path / "1.png").write_bytes(bytes(11))
    assert refused(tmp_path / "1.png")[0] == "Q205"
    (tmp_path / "1.png").write_bytes(bytes(10))
    assert read_image_file(tmp_path / "1.png") == bytes(10)
