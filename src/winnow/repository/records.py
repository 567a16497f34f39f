"""What DVC recorded of a file in a revision, by a `.dvc` file or a stage in `dvc.lock`, wherever those lie."""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from winnow.errors import InputError
from winnow.project import Project
from winnow.repository.dvc import load_yaml
from winnow.repository.git import call_git, require_success

_LOCK = "dvc.lock"
_PIPELINE = "dvc.yaml"


class Record(NamedTuple):
    """What DVC recorded of a file, or of a folder that holds it."""

    md5: str
    """A folder's ends in `.dir`."""
    inner: str
    """Where the file is in that folder; empty for the recorded thing itself."""
    is_old: bool
    """Whether DVC 2 recorded it: such objects lie elsewhere in cache and remote."""


class Tree(Protocol):
    """The files of a repository, named by their path from its root, with slashes."""

    @property
    def root(self) -> Path:
        """Return the folder of the work tree."""

    @property
    def commit(self) -> str | None:
        """Return the commit, None for the work tree."""

    def read(self, name: str) -> bytes | None:
        """Return a file that Git holds or that is on this disk, None when there is none."""

    def locks(self) -> list[str]:
        """Return every `dvc.lock`."""


@dataclass(frozen=True)
class CommitTree:
    """The files of a commit."""

    project: Project
    commit: str
    root: Path

    def read(self, name: str) -> bytes | None:
        """Return a file as it was."""
        done = call_git(self.project, "cat-file", "blob", f"{self.commit}:{name}")
        return None if done.returncode else bytes(done.stdout)

    def locks(self) -> list[str]:
        """Return every `dvc.lock` of the commit."""
        # `ls-tree` knows no patterns.
        listed = call_git(self.project, "ls-tree", "-r", "-z", "--name-only", "--full-tree", self.commit)
        return _locks(require_success(listed))


@dataclass(frozen=True)
class DiskTree:
    """The files of the work tree."""

    project: Project
    root: Path
    commit: None = None

    def read(self, name: str) -> bytes | None:
        """Return a file as it is."""
        path = self.root / name
        return path.read_bytes() if path.is_file() else None

    def locks(self) -> list[str]:
        """Return every `dvc.lock` that Git does not ignore."""
        command = ("ls-files", "-z", "--full-name", "--cached", "--others", "--exclude-standard")
        return _locks(require_success(call_git(self.project, *command, ":/")))


def name_in(root: Path, path: Path) -> str:
    """Return the path from `root`, with slashes. Raises InputError when it lies elsewhere.

    A link at its end is not followed: DVC may link to its cache.
    """
    try:
        return (path.parent.resolve() / path.name).relative_to(root.resolve()).as_posix()
    except ValueError:
        raise InputError(f"{path} lies outside of the repository", hint="name a file in it") from None


def find_records(tree: Tree, path: Path) -> Iterator[Record]:
    """Yield what DVC recorded of a file, and of folders that hold it. Raises InputError for YAML that is none."""
    name = name_in(tree.root, path)
    for out, entry in _outputs(tree, name):
        if name == out or name.startswith(f"{out}/"):
            inner = name.removeprefix(out).removeprefix("/")
            yield Record(str(entry["md5"]), inner, is_old="hash" not in entry)


def _outputs(tree: Tree, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the outputs that could hold the file, each with its path."""
    here = name
    while here:
        pointer = f"{here}.dvc"
        content = tree.read(pointer)
        if content is not None:
            record = load_yaml(content, pointer)
            yield from _outs(record, posixpath.join(posixpath.dirname(pointer), str(record.get("wdir", "."))))
        here = posixpath.dirname(here)
    for lock in tree.locks():
        content = tree.read(lock)
        if content is not None:
            yield from _stage_outs(tree, posixpath.dirname(lock), load_yaml(content, lock))


def _stage_outs(tree: Tree, folder: str, record: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    pipeline = posixpath.join(folder, _PIPELINE)
    content = tree.read(pipeline)
    defined = _mapping(load_yaml(content, pipeline).get("stages")) if content else {}
    for name, stage in _mapping(record.get("stages")).items():
        # A stage of a loop is called `train@blue`, and defined under `do:`.
        definition = _mapping(defined.get(str(name).partition("@")[0]))
        wdir = _mapping(definition.get("do", definition)).get("wdir", ".")
        yield from _outs(_mapping(stage), posixpath.join(folder, str(wdir)))


def _outs(record: dict[str, Any], folder: str) -> Iterator[tuple[str, dict[str, Any]]]:
    outs = record.get("outs")
    for out in outs if isinstance(outs, list) else []:
        if isinstance(out, dict) and "path" in out and "md5" in out:
            yield posixpath.normpath(posixpath.join(folder, str(out["path"]))), out


def _mapping(content: Any) -> dict[str, Any]:
    return content if isinstance(content, dict) else {}


def _locks(names: bytes) -> list[str]:
    return [name for name in names.decode("utf-8", "surrogateescape").split("\0") if posixpath.basename(name) == _LOCK]
