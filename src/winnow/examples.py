"""`examples.zip`: a few training images of each class, beside an exported model, for those who meet it in a service.

One file, so that a model of 1,000 classes does not come as 3,000 more. Members are `CLASS/NUMBER.webp`, both from 0, in
the order of the classes, stored uncompressed; they carry neither a date nor a system, so the same pictures give the
same bytes.
"""

import io
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path

from winnow.errors import InputError
from winnow.files import write_bytes

EXAMPLES = "examples.zip"
MEDIA_TYPE = "image/webp"

_NAME = re.compile(r"(0|[1-9][0-9]{0,6})/([0-9])\.webp")
_UNIX = 3
_MAX_BYTES = 64 << 20
_MAX_PICTURE_BYTES = 64 << 10
"""96 x 96 pixels with alpha take 36 KB uncompressed."""
_BROKEN = (zipfile.BadZipFile, EOFError, OSError, ValueError, RuntimeError, OverflowError)
_HINT = "winnow export writes it under `project.disclose: pictures`; without it nothing but the pictures is missing"

Examples = Sequence[Sequence[bytes]]
"""WebP files by class, at most ten of each."""


def write_examples(path: Path, examples: Examples) -> None:
    """Replace `path` by a file with these pictures."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for target, pictures in enumerate(examples):
            for number, picture in enumerate(pictures):
                member = zipfile.ZipInfo(f"{target}/{number}.webp")
                member.create_system = _UNIX
                archive.writestr(member, picture)
    write_bytes(path, stream.getvalue())


def read_examples(path: Path, num_classes: int) -> list[list[bytes]]:
    """Return the pictures of each of `num_classes` classes.

    Raises InputError for anything but what `write_examples` writes for such a model: a file that is broken, too large
    or compressed, a name or an order of another kind, what is no WebP.
    """
    try:
        num_bytes = path.stat().st_size
        if num_bytes > _MAX_BYTES:
            raise _unusable(path, f"expected at most {_MAX_BYTES:,} bytes, got {num_bytes:,}")
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            # Members that share their bytes would unpack to more than there is.
            if sum(member.file_size for member in members) > num_bytes:
                raise _unusable(path, "its members are larger than the file")
            found: list[list[bytes]] = [[] for _ in range(num_classes)]
            for member in members:
                _place(found, path, member).append(_read(archive, path, member))
    except _BROKEN as error:
        raise _unusable(path, f"it is broken: {error}") from None
    return found


def _place(found: list[list[bytes]], path: Path, member: zipfile.ZipInfo) -> list[bytes]:
    """Return the list that a member belongs to, as its next."""
    name = _NAME.fullmatch(member.filename)
    if name is None or int(name[1]) >= len(found) or int(name[2]) != len(found[int(name[1])]):
        raise _unusable(path, f"{member.filename!r} is not expected of a model with {len(found)} classes")
    return found[int(name[1])]


def _read(archive: zipfile.ZipFile, path: Path, member: zipfile.ZipInfo) -> bytes:
    if member.compress_type != zipfile.ZIP_STORED or member.file_size > _MAX_PICTURE_BYTES:
        raise _unusable(path, f"{member.filename} is compressed, or larger than {_MAX_PICTURE_BYTES:,} bytes")
    content = archive.read(member)
    if content[:4] != b"RIFF" or content[8:12] != b"WEBP":
        raise _unusable(path, f"{member.filename} is no WebP")
    return content


def _unusable(path: Path, reason: str) -> InputError:
    return InputError(f"{path}: {reason}", hint=_HINT)
