"""The bytes of an image file, or a refusal that says why: without waiting, and within a limit."""

import os
import stat
from pathlib import Path

from winnow.transforms.decode import ImageProblem

MAX_FILE_BYTES = 256_000_000
"""A larger file is refused unread. Arrow's limit for one batch is 2**31 bytes, a laptop's patience ends earlier."""

_COPY = "copy the file itself there"
# A pipe that took the file's place a moment ago must not make us wait for a writer; a link must not lead elsewhere.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_NO_LINKS = getattr(os, "O_NOFOLLOW", 0)


def read_image_file(path: str | Path, *, follow_links: bool = False) -> bytes:
    """Return the bytes of a file.

    Raises ImageProblem: Q201 a symbolic link (unless `follow_links`), Q202 no file or not readable, Q205 too large.
    """
    try:
        status = Path(path).stat(follow_symlinks=follow_links)
        _require_file(status)
        descriptor = os.open(path, _FLAGS | (0 if follow_links else _NO_LINKS))
        with open(descriptor, "rb") as stream:  # noqa: PTH123 - of a descriptor, which has no path
            status = os.fstat(descriptor)
            _require_file(status)
            content = stream.read(status.st_size + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ImageProblem("Q202", f"cannot be read: {reason}", hint=_COPY) from None
    if len(content) != status.st_size:
        # Growing just now, or a file of the system (/proc) whose size says nothing and whose end may never come.
        message = f"cannot be read: expected {status.st_size} bytes, got {'more' if content else 'none'}"
        raise ImageProblem("Q202", message, hint=_COPY)
    return content


def _require_file(status: os.stat_result) -> None:
    if stat.S_ISLNK(status.st_mode):
        raise ImageProblem("Q201", "symbolic links are not followed: expected the file itself", hint=_COPY)
    if not stat.S_ISREG(status.st_mode):
        kind = "a folder that cannot be read" if stat.S_ISDIR(status.st_mode) else "a device, a pipe or a socket"
        raise ImageProblem("Q202", f"cannot be read: expected a file, got {kind}", hint=_COPY)
    if status.st_size > MAX_FILE_BYTES:
        raise ImageProblem("Q205", f"expected at most {MAX_FILE_BYTES} bytes, got {status.st_size}", hint=_COPY)
