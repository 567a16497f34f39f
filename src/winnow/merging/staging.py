"""Git's index while it is in the middle of something: what is in conflict, and what is settled."""

from collections.abc import Collection
from pathlib import Path

from winnow.project import Project
from winnow.repository.git import call_git, require_success


def name_of(project: Project, path: Path) -> str:
    """Return a path as Git is told it from the project's folder."""
    return path.relative_to(project.root).as_posix()


def conflicted(project: Project) -> list[str]:
    """Return the paths in conflict in the whole repository, sorted, as seen from the project's folder."""
    listed = require_success(call_git(project, "ls-files", "--unmerged", "-z", "--", ":/")).decode()
    return sorted({entry.split("\t", 1)[1] for entry in listed.split("\0") if entry})


def staged(project: Project, names: Collection[str]) -> dict[str, str]:
    """Return the staged files at or below `names`: name -> hash. Paths in conflict are left out."""
    listed = require_success(call_git(project, "ls-files", "--stage", "-z", "--", *names)).decode()
    entries = (entry.split("\t", 1) for entry in listed.split("\0") if entry)
    return {name: info.split()[1] for info, name in entries if info.endswith(" 0")}


def files_at(project: Project, commit: str | None, names: Collection[str]) -> dict[str, str]:
    """Return the files at or below `names` as they were in `commit`: name -> hash."""
    if commit is None:
        return {}
    listed = require_success(call_git(project, "ls-tree", "-r", "-z", commit, "--", *names)).decode()
    entries = (entry.split("\t", 1) for entry in listed.split("\0") if entry)
    return {name: info.split()[2] for info, name in entries}


def stage(project: Project, path: Path) -> None:
    """Tell Git that a file is settled as it lies in the work tree."""
    require_success(call_git(project, "add", "--", name_of(project, path)))


def unstage(project: Project, path: Path) -> None:
    """Tell Git that a file is settled by being no file of Git's; in the work tree it stays."""
    require_success(call_git(project, "rm", "-q", "--cached", "--ignore-unmatch", "--", name_of(project, path)))


def take(project: Project, commit: str, names: Collection[str]) -> None:
    """Settle files as they were in `commit`."""
    if names:
        require_success(call_git(project, "checkout", "-q", commit, "--", *names))


def remove(project: Project, names: Collection[str]) -> None:
    """Settle files by removing them, from the work tree too."""
    if names:
        require_success(call_git(project, "rm", "-q", "-f", "--ignore-unmatch", "--", *names))
