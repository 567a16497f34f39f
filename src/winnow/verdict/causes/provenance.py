"""What to check out, install and run to see the same verdict."""

import os
import platform
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from shlex import quote
from typing import Any

from winnow import __version__
from winnow.errors import WinnowError
from winnow.files import sha256_file
from winnow.models.bundle import read_meta
from winnow.project import PARAMS, Project
from winnow.repository.git import call_git, git_root, resolve
from winnow.verdict.causes.lock_file import LOCK
from winnow.verdict.causes.param_changes import load_params_files
from winnow.verdict.causes.sources import read_head
from winnow.verdict.record.context import Provenance

_SHORT = 12
_PACKAGES = ("torch", "numpy", "dvc")


def find_provenance(
    project: Project, commit: str | None, *, report: str = "winnow report", link: str | None
) -> Provenance:
    """Say where the comparison of the working tree with `commit` comes from; None where the base is a file.

    `report` is the command without its `--base`, quoted for a shell; `link` leads to the full report. Nothing here
    names a host, a user or a place on a disk. Outside of Git, what Git knows is left out.
    """
    lock = project.root / LOCK
    return Provenance(
        merge_base=commit,
        lock_sha256=sha256_file(lock) if lock.is_file() else None,
        is_dirty=is_dirty(project),
        seeds=_seeds(project),
        versions=_versions(project),
        machine=f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs",
        commands=[report] if commit is None else _commands(project, commit, report),
        link=link,
    )


def is_dirty(project: Project) -> bool:
    """Return whether tracked files differ from HEAD. Files that Git does not know (this report, say) do not count."""
    return bool(call_git(project, "status", "--porcelain", "--untracked-files=no").stdout)


def _seeds(project: Project) -> dict[str, int]:
    try:
        params = load_params_files(project, [], read_head(project), "the working tree")
    except WinnowError:
        return {}
    return dict(_walk(params.get(PARAMS, {}), ""))


def _walk(content: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, int]]:
    for key, value in content.items():
        if isinstance(value, Mapping):
            yield from _walk(value, f"{prefix}{key}.")
        elif key == "seed" and isinstance(value, int) and not isinstance(value, bool):
            yield f"{prefix}{key}", value


def _versions(project: Project) -> dict[str, str]:
    """Return the versions that made the model, as far as its bundle is here, and those that made this report."""
    try:
        model = read_meta(project.bundle).versions
    except WinnowError:
        model = {}
    here = {name: version for name in _PACKAGES if (version := _installed(name))}
    return {**here, **model, "winnow": __version__, "python": platform.python_version()}


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _commands(project: Project, commit: str, report: str) -> list[str]:
    """Return commands for any shell. Commits stand for revisions: a branch's name may hold what a shell obeys."""
    folder = os.path.relpath(project.root.resolve(), git_root(project).resolve()).replace(os.sep, "/")
    base = Path("..", f"base-{commit[:_SHORT]}")
    up = os.path.relpath(".", folder).replace(os.sep, "/")
    base_root = Path(up, base).as_posix()
    rebuild = ["dvc repro --pull"] if (project.root / LOCK).is_file() else []
    elsewhere = [f"dvc --cd {quote(Path(base_root, folder).as_posix())} repro --pull"] if rebuild else []
    return [
        f"git worktree add {quote(base_root)} {commit}",
        *elsewhere,
        f"git checkout {resolve(project, 'HEAD')}",
        *rebuild,
        f"{report} --base {commit}",
    ]
