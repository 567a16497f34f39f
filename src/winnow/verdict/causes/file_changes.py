"""Files that Git says changed since the base, and the stages that depend on them."""

import os
import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from winnow.project import Project
from winnow.repository.git import call_git, git_root, require_success
from winnow.verdict.causes.lock_file import LOCK, Lock
from winnow.verdict.causes.param_changes import full_name
from winnow.verdict.record.context import ChangedFile, KeyChange

MAX_FILES = 200

_DIFF = ("diff", "--name-status", "-z", "-M", "--no-relative", "--no-ext-diff", "--ignore-submodules=dirty")
_STATUS: dict[str, Literal["added", "deleted", "renamed"]] = {"A": "added", "D": "deleted", "R": "renamed"}


class Change(NamedTuple):
    """One file; paths are relative to the project, `../` in front where they lie outside of it."""

    path: str
    status: Literal["added", "modified", "deleted", "renamed"]
    former: str
    """Its path at the base."""


def compare_files(
    project: Project, commit: str, locks: Sequence[Lock], params: Iterable[KeyChange]
) -> list[ChangedFile]:
    """Return the files that differ between `commit` and the working tree, at most MAX_FILES.

    Those that a stage of either lock depends on come first, what stages wrote comes last. New files that Git does not
    know yet count only when a stage depends on them: what else lies around is nobody's business.
    """
    prefix = _project_in_git(project)
    tracked = list(_parse_diff(require_success(call_git(project, *_DIFF, commit, "--")), prefix))
    dependents = _dependents(locks, params)
    untracked = (Change(path, "added", path) for path in _untracked(project, dependents))
    outs = {path for lock in locks for path in (*lock.outs, LOCK)}
    found = [(change, _stages_of(change, dependents)) for change in [*tracked, *untracked]]
    found.sort(key=lambda each: (0 if each[1] else 1 if each[0].path not in outs else 2, each[0].path))
    return [
        ChangedFile(path=_printable(change.path), status=change.status, stages=stages)
        for change, stages in found[:MAX_FILES]
    ]


def count_commits(project: Project, commit: str) -> int:
    """Return how many commits HEAD has that `commit` has not; in a shallow clone, how many of them are here."""
    return int(require_success(call_git(project, "rev-list", "--count", f"{commit}..HEAD")))


def _project_in_git(project: Project) -> str:
    path = os.path.relpath(project.root.resolve(), git_root(project).resolve())
    return path.replace(os.sep, "/")


def _parse_diff(output: bytes, prefix: str) -> Iterator[Change]:
    """Read `git diff --name-status -z`: a status, a path, and after a rename the new path."""
    fields = iter(os.fsdecode(output).split("\0"))
    for letter in fields:
        if not letter:
            return
        former = posixpath.relpath(next(fields), prefix)
        path = posixpath.relpath(next(fields), prefix) if letter[0] in "RC" else former
        yield Change(path, _STATUS.get(letter[0], "modified"), former)


def _untracked(project: Project, dependents: Iterable[str]) -> list[str]:
    """Return files below dependencies that Git neither tracks nor ignores."""
    root = git_root(project).resolve()
    places = {path: (project.root / path).resolve() for path in dependents if "://" not in path}
    paths = [path for path, place in places.items() if place.exists() and place.is_relative_to(root)]
    if not paths:
        return []  # without a path Git would list the whole folder
    command = ("--literal-pathspecs", "ls-files", "-z", "--others", "--exclude-standard", "--", *paths)
    done = require_success(call_git(project, *command))
    return [name for name in os.fsdecode(done).split("\0") if name]


def _dependents(locks: Sequence[Lock], params: Iterable[KeyChange]) -> dict[str, list[str]]:
    """Return the stages by the path that they depend on; on a params file, those that watch a key that changed."""
    found: dict[str, dict[str, None]] = {}
    changed = [change.key for change in params]
    for lock in locks:
        for name, stage in lock.stages.items():
            watched = {file: [full_name(file, key) for key in values] for file, values in stage.params.items()}
            files = [
                file
                for file, keys in watched.items()
                if any(_holds(key, each, ".") for key in keys for each in changed)
            ]
            for path in (*stage.deps, *files):
                found.setdefault(path, {})[name] = None
    return {path: list(names) for path, names in found.items()}


def _stages_of(change: Change, dependents: Mapping[str, list[str]]) -> list[str]:
    names = {change.path, change.former}
    # Git has `images.dvc` where a stage depends on `images`.
    names |= {name.removesuffix(".dvc") for name in names}
    found = [
        stage
        for path, stages in dependents.items()
        if any(_holds(path, name, "/") for name in names)
        for stage in stages
    ]
    return list(dict.fromkeys(found))


def _holds(outer: str, inner: str, separator: str) -> bool:
    return inner == outer or inner.startswith(outer.rstrip(separator) + separator)


def _printable(path: str) -> str:
    # Bytes that are no UTF-8 would not fit into JSON.
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
