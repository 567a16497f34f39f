import io
import re
import stat
import warnings
import zipfile

import pytest

from winnow.errors import ExitCode
from winnow.pull_request.handed.archive import Limits, RefusedError, unpack

LIMITS = Limits(max_zip_bytes=100_000, max_members=3, max_bytes=1_000, names=re.compile(r"\d/run\.json"))


def archive(*members: tuple[str | zipfile.ZipInfo, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(stream, "w", compression) as file:
        warnings.simplefilter("ignore")  # about names that are there twice
        for name, content in members:
            file.writestr(name, content)
    return stream.getvalue()


def link(name: str, mode: int = stat.S_IFLNK) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name)
    member.create_system = 3
    member.external_attr = (mode | 0o777) << 16
    return member


def test_plain_files_under_expected_names_are_unpacked() -> None:
    made = archive(("0/run.json", b"{}"), ("1/run.json", b"[]"))
    assert unpack(made, LIMITS) == {"0/run.json": b"{}", "1/run.json": b"[]"}


def test_a_folder_is_nothing_by_itself() -> None:
    assert unpack(archive(("0/", b""), ("0/run.json", b"{}")), LIMITS) == {"0/run.json": b"{}"}


@pytest.mark.parametrize(
    "name", ["run.json", "../0/run.json", "/0/run.json", "0\\run.json", "0/run.json\n", "0/RUN.json", "0/run.json/x"]
)
def test_any_other_name_is_refused(name: str) -> None:
    with pytest.raises(RefusedError, match="unexpected name"):
        unpack(archive((name, b"{}")), LIMITS)


def test_a_name_that_is_cut_at_a_zero_byte_is_refused() -> None:
    made = archive(("0/run.jsonX.sh", b"{}")).replace(b"0/run.jsonX.sh", b"0/run.json\0.sh")
    with pytest.raises(RefusedError, match="unexpected name"):
        unpack(made, LIMITS)


@pytest.mark.parametrize("mode", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices_are_refused(mode: int) -> None:
    with pytest.raises(RefusedError, match="link"):
        unpack(archive((link("0/run.json", mode), b"/etc/passwd")), LIMITS)


def test_what_is_there_twice_is_refused() -> None:
    with pytest.raises(RefusedError, match="twice"):
        unpack(archive(("0/run.json", b"{}"), ("0/run.json", b"[]")), LIMITS)


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    made = archive(("0/run.json", bytes(50_000_000)))
    assert len(made) < LIMITS.max_zip_bytes
    with pytest.raises(RefusedError, match="unpacks to more than"):
        unpack(made, LIMITS)


def test_a_bomb_that_lies_about_its_size_is_refused() -> None:
    made = archive(("0/run.json", bytes(50_000)))
    lying = made.replace((50_000).to_bytes(4, "little"), (500).to_bytes(4, "little"))
    assert lying != made
    with pytest.raises(RefusedError, match="broken"):
        unpack(lying, LIMITS)


def test_too_many_members_and_too_large_an_archive_are_refused() -> None:
    with pytest.raises(RefusedError, match="members"):
        unpack(archive(*((f"{number}/run.json", b"") for number in range(4))), LIMITS)
    with pytest.raises(RefusedError, match="larger"):
        unpack(bytes(100_001), LIMITS)


def test_an_encrypted_member_is_refused() -> None:
    made = bytearray(archive(("0/run.json", b"{}"), compression=zipfile.ZIP_STORED))
    made[made.index(b"PK\3\4") + 6] |= 1
    made[made.index(b"PK\1\2") + 8] |= 1
    with pytest.raises(RefusedError, match="encrypted"):
        unpack(bytes(made), LIMITS)


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_unusual_compression_is_refused(compression: int) -> None:
    with pytest.raises(RefusedError, match="unusual"):
        unpack(archive(("0/run.json", b"{}"), compression=compression), LIMITS)


@pytest.mark.parametrize("content", [b"", b"<html>", b"PK\5\6" + bytes(18), b"PK\3\4" + bytes(40)])
def test_what_is_no_archive_is_refused_and_an_empty_one_holds_nothing(content: bytes) -> None:
    if content.startswith(b"PK\5\6"):
        assert unpack(content, LIMITS) == {}
        return
    with pytest.raises(RefusedError, match="broken"):
        unpack(content, LIMITS)


def test_an_archive_that_is_cut_off_or_damaged_is_refused() -> None:
    made = archive(("0/run.json", b"some words " * 20), compression=zipfile.ZIP_STORED)
    for damaged in (made[:-30], made.replace(b"words", b"wards", 1)):
        with pytest.raises(RefusedError, match="broken"):
            unpack(damaged, LIMITS)


def test_the_reason_quotes_nothing_and_the_exit_code_says_no() -> None:
    with pytest.raises(RefusedError) as caught:
        unpack(archive(("@everybody", b"{}")), LIMITS)
    assert "everybody" not in str(caught.value)
    assert caught.value.exit_code is ExitCode.FAILED
