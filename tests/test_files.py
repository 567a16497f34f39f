"""Atomic writing: the old file or the new one, never a part."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from winnow import files
from winnow.errors import FormatError, InputError, MachineError


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_write_makes_missing_folders_and_leaves_only_the_file(tmp_path: Path) -> None:
    path = tmp_path / "reports" / "cost" / "train.json"
    files.write_text(path, "één\n")
    assert path.read_bytes() == "één\n".encode()
    assert names_in(path.parent) == ["train.json"]


def test_a_failure_half_way_keeps_the_old_file_and_no_rest(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    files.write_text(path, "old")
    with pytest.raises(RuntimeError), files.replacing(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert names_in(tmp_path) == ["labels.csv"]


def test_what_a_killed_process_left_is_swept_by_the_next_write(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    files.write_text(path, "old")
    program = (
        "import os, sys, pathlib; from winnow import files\n"
        "with files.replacing(pathlib.Path(sys.argv[1])) as temporary:\n"
        "    temporary.write_text('half'); os._exit(9)\n"
    )
    assert subprocess.run([sys.executable, "-c", program, str(path)], check=False).returncode == 9
    assert path.read_text() == "old"
    assert len(names_in(tmp_path)) == 2
    files.write_text(path, "new")
    assert path.read_text() == "new"
    assert names_in(tmp_path) == ["labels.csv"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_named_and_harms_nothing(code: int, tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    files.write_text(path, "old")
    with pytest.raises(MachineError, match=r"full.*labels\.csv"), files.replacing(path) as temporary:
        temporary.write_text("half")
        raise OSError(code, os.strerror(code))
    assert path.read_text() == "old"
    assert names_in(tmp_path) == ["labels.csv"]


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is Linux's own full disk")
def test_a_really_full_device_is_named() -> None:
    with pytest.raises(MachineError, match="full"), files.disk_errors(Path("/dev/full")):
        Path("/dev/full").write_bytes(b"x")


@pytest.mark.parametrize("code", [errno.EACCES, errno.EPERM, errno.EROFS])
def test_a_missing_permission_is_named(code: int) -> None:
    with pytest.raises(MachineError, match="permission"), files.disk_errors(Path("labels.csv")):
        raise OSError(code, os.strerror(code))


def test_any_other_error_of_the_system_passes_unchanged() -> None:
    with pytest.raises(IsADirectoryError), files.disk_errors(Path("labels.csv")):
        raise IsADirectoryError(errno.EISDIR, "is a directory")


def test_json_is_stamped_sorted_and_the_same_for_any_order_of_keys(tmp_path: Path) -> None:
    files.write_json(tmp_path / "a.json", {"b": 1, "a": "ü"})
    files.write_json(tmp_path / "b.json", {"a": "ü", "b": 1})
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert list(json.loads(text)) == ["a", "b", "schema", "task"]
    assert "ü" in text
    assert text.endswith("}\n")
    assert "\r" not in text


def test_json_refuses_a_number_that_is_not_finite(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Out of range"):
        files.write_json(tmp_path / "metrics.json", {"loss": float("nan")})
    assert names_in(tmp_path) == []


def test_json_comes_back_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "metrics.json"
    files.write_json(path, {"accuracy": 0.5})
    assert files.read_json(path, hint="")["accuracy"] == 0.5


@pytest.mark.parametrize(
    ("content", "named"), [(None, "found nothing"), (b"{", "not JSON"), (b"\xff", "not JSON"), (b"[]", "got list")]
)
def test_unreadable_json_is_refused_with_the_writers_name(content: bytes | None, named: str, tmp_path: Path) -> None:
    path = tmp_path / "metrics.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=named) as refusal:
        files.read_json(path, hint="run `winnow evaluate`")
    assert str(path) in refusal.value.message
    assert refusal.value.hint == "run `winnow evaluate`"


def test_json_of_another_schema_is_refused(tmp_path: Path) -> None:
    (tmp_path / "metrics.json").write_text('{"schema": 99, "task": "single_label"}')
    with pytest.raises(FormatError, match="99"):
        files.read_json(tmp_path / "metrics.json", hint="")


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1])
def test_a_files_hash_does_not_depend_on_the_block_size(size: int, tmp_path: Path) -> None:
    import hashlib

    content = bytes(range(256)) * (size // 256 + 1)
    path = tmp_path / "part"
    path.write_bytes(content[:size])
    assert files.sha256_file(path) == hashlib.sha256(content[:size]).hexdigest()


def test_a_fresh_folder_is_empty_whatever_was_there(tmp_path: Path) -> None:
    folder = tmp_path / "staging"
    for _ in range(2):
        assert files.fresh_folder(folder) == folder
        assert names_in(folder) == []
        (folder / "deep").mkdir()
        (folder / "deep" / "rest").write_text("x")
