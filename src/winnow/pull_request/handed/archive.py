"""An archive from a run without rights, unpacked in memory: small, plain files under expected names, or nothing."""

import io
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from winnow.errors import CheckError

REFUSED = "the handover was refused: "
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError, OverflowError)


class RefusedError(CheckError):
    """What a run handed over is not what it may hand over. The message quotes nothing of it."""


@dataclass(frozen=True)
class Limits:
    """What an archive may hold."""

    max_zip_bytes: int
    max_members: int
    max_bytes: int
    """Of all members, unpacked."""
    names: re.Pattern[str]
    """Which the name of every member matches as a whole."""


def unpack(content: bytes, limits: Limits) -> dict[str, bytes]:
    """Return the files of a ZIP by name, in its order.

    Raises RefusedError for an archive that is broken, too large, encrypted, or holds links or other names.
    """
    if len(content) > limits.max_zip_bytes:
        raise refused(f"the archive is larger than {limits.max_zip_bytes:,} bytes")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            _require_small(members, limits)
            return dict(_files(archive, members, limits.names))
    except _BROKEN:
        raise refused("the archive is broken") from None


def refused(reason: str) -> RefusedError:
    """Return the error for a handover that is not taken."""
    return RefusedError(f"{REFUSED}{reason}", hint="read the log of the run that made it")


def _require_small(members: list[zipfile.ZipInfo], limits: Limits) -> None:
    if len(members) > limits.max_members:
        raise refused(f"the archive has more than {limits.max_members:,} members")
    if sum(member.file_size for member in members) > limits.max_bytes:
        raise refused(f"the archive unpacks to more than {limits.max_bytes:,} bytes")


def _files(
    archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], names: re.Pattern[str]
) -> Iterator[tuple[str, bytes]]:
    seen: set[str] = set()
    for member in members:
        kind = stat.S_IFMT(member.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise refused("the archive holds a link or another special file")
        if member.is_dir() and not member.file_size:
            continue  # a folder holds nothing by itself
        # What zipfile shows is cut at a zero byte, and has the system's separators replaced.
        if member.filename != member.orig_filename or not names.fullmatch(member.filename):
            raise refused("the archive holds a file of an unexpected name")
        if member.filename in seen:
            raise refused("the archive holds a file twice")
        if member.flag_bits & _ENCRYPTED or member.compress_type not in _METHODS:
            raise refused("the archive is encrypted or compressed in an unusual way")
        seen.add(member.filename)
        # zipfile reads no more than the size that was declared, and compares the checksum.
        yield member.filename, archive.read(member)
