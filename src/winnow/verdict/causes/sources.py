"""Small files of the repository on either side: as they are, and as they were."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from winnow.project import Project
from winnow.repository.git import git_root, read_at

Read = Callable[[Path], bytes | None]
"""Return a file of the project, None where there is none."""


def read_head(project: Project) -> Read:
    """Return how to read a file of the working tree.

    A file outside of it is none: `dvc.lock` may name any path, and what is read ends in a comment.
    """
    return partial(_read_inside, git_root(project).resolve())


def read_base(project: Project, commit: str) -> Read:
    """Return how to read a file as it was in `commit` (what `resolve` returned)."""
    return partial(read_at, project, commit)


def _read_inside(root: Path, path: Path) -> bytes | None:
    here = path.resolve()
    return here.read_bytes() if here.is_relative_to(root) and here.is_file() else None
