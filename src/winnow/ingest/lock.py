"""One command at a time changes a project's data set."""

from collections.abc import Iterator
from contextlib import contextmanager

from winnow.files import disk_errors
from winnow.locks import locked
from winnow.project import Project


@contextmanager
def exclusive(project: Project) -> Iterator[None]:
    """Hold the project's lock. Raises UsageError when another process holds it."""
    with disk_errors(project.lock):
        project.scratch.mkdir(parents=True, exist_ok=True)
        # Whatever the project's own .gitignore says, half-written images never reach a commit.
        (project.scratch / ".gitignore").write_text("*\n", encoding="utf-8")
    with locked(project.lock, f"another winnow command is changing the data of {project.root}"):
        yield
