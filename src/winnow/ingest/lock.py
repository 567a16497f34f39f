"""One command at a time changes a project's data set."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from winnow.errors import UsageError
from winnow.files import disk_errors
from winnow.project import Project


@contextmanager
def exclusive(project: Project) -> Iterator[None]:
    """Hold the project's lock. The system releases it when the process ends, however it ends.

    Raises UsageError when another process holds it.
    """
    with disk_errors(project.lock):
        project.scratch.mkdir(parents=True, exist_ok=True)
        # Whatever the project's own .gitignore says, half-written images never reach a commit.
        (project.scratch / ".gitignore").write_text("*\n", encoding="utf-8")
        stream = project.lock.open("ab")
    with stream:
        if not _acquire(stream):
            raise UsageError(
                f"another winnow command is changing the data of {project.root}",
                hint="wait until it ends, then run again",
            )
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
