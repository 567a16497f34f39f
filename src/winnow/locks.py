"""Locks on files: one process at a time does what must not be done twice at once."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from winnow.errors import UsageError
from winnow.files import disk_errors


@contextmanager
def locked(path: Path, problem: str) -> Iterator[None]:
    """Hold the lock on `path`, which is made. The system releases it when the process ends, however it ends.

    Raises UsageError, which says `problem`, when another process holds it.
    """
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        stream = path.open("ab")
    with stream:
        if not _acquire(stream):
            raise UsageError(problem, hint="wait until it ends, then run again")
        yield


if sys.platform == "win32":
    import msvcrt

    def _acquire(stream: IO[bytes]) -> bool:
        try:
            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _acquire(stream: IO[bytes]) -> bool:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
