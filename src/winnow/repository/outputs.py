"""Any file of any revision: whether Git holds it, a `.dvc` file names it, or a stage in `dvc.lock` made it.

A file may also lie below a folder that DVC tracks. Nothing has to be a winnow project here, and pipelines may lie
anywhere in the repository.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from winnow.errors import InputError
from winnow.project import Project
from winnow.repository.git import call_git, git_root
from winnow.repository.listings import read_object
from winnow.repository.records import CommitTree, DiskTree, Record, Tree, find_records, name_in

Source = Literal["working tree", "git", "dvc"]

_FOLDER = ".dir"
_HINT = "`dvc push` where it was made brings it into the remote; `dvc remote list` shows the remotes of this clone"


@dataclass(frozen=True)
class Output:
    """The bytes of a file, and who had them."""

    content: bytes
    source: Source


def read_output(project: Project, path: Path) -> Output | None:
    """Return a file as it is, None when nobody knows it.

    One that is not on this disk is read as DVC recorded it last. Raises InputError when it is in neither cache nor
    remote.
    """
    if path.is_file():
        return Output(path.read_bytes(), "working tree")
    if call_git(project, "rev-parse").returncode:
        return None
    return _read_recorded(DiskTree(project, git_root(project)), path, path.name)


def read_output_at(project: Project, commit: str, path: Path) -> Output | None:
    """Return a file as it was in `commit` (what `resolve` returned), None when nobody knew it there.

    Raises InputError when DVC recorded it and it is in neither cache nor remote, or lies outside of the repository.
    """
    tree = CommitTree(project, commit, git_root(project))
    content = tree.read(name_in(tree.root, path))
    what = f"{path.name} of {commit[:12]}"
    return _read_recorded(tree, path, what) if content is None else Output(content, "git")


def list_folder_at(project: Project, commit: str, folder: Path) -> dict[str, str]:
    """Return the files that DVC recorded in a folder: path below it -> MD5; empty when it recorded none.

    Raises InputError when the list of files is in neither cache nor remote.
    """
    tree = CommitTree(project, commit, git_root(project))
    for record in find_records(tree, folder):
        if record.md5.endswith(_FOLDER) and not record.inner:
            return _listing(folder, record.md5, f"the list of files in {folder.name} of {commit[:12]}")
    return {}


def read_recorded_object(near: Path, md5: str, what: str) -> bytes:
    """Return an object from the cache or remote of the DVC repository that holds the path `near`.

    Raises InputError, which calls the object `what`, when neither has it or there is no such repository.
    """
    holder = _holder(near)
    if holder is None:
        raise InputError(f"{what} is recorded by DVC, but lies in no DVC repository", hint="dvc init")
    try:
        return read_object(Project(holder), md5, what)
    except InputError as error:
        raise InputError(error.message, hint=_HINT) from error


def _holder(near: Path) -> Path | None:
    here = near.parent.resolve()
    return next((folder for folder in (here, *here.parents) if (folder / ".dvc").is_dir()), None)


def _read_recorded(tree: Tree, path: Path, what: str) -> Output | None:
    for record in find_records(tree, path):
        try:
            content = _read_object(record, path, what)
        except InputError:
            content = _read_by_dvc(tree, path) if record.is_old else None
            if content is None:
                raise
        if content is not None:
            return Output(content, "dvc")
    return None


def _read_object(record: Record, path: Path, what: str) -> bytes | None:
    if record.md5.endswith(_FOLDER):
        md5 = _listing(path, record.md5, f"the list of files around {what}").get(record.inner)
    else:
        md5 = None if record.inner else record.md5
    return None if md5 is None else read_recorded_object(path, md5, what)


def _listing(near: Path, md5: str, what: str) -> dict[str, str]:
    content = read_recorded_object(near, md5, what)
    try:
        return {str(entry["relpath"]): str(entry["md5"]) for entry in json.loads(content)}
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{what}: expected DVC's list of a folder, got something else", hint=_HINT) from None


def _read_by_dvc(tree: Tree, path: Path) -> bytes | None:
    """Return a file that DVC 2 recorded, None when DVC cannot read it either."""
    holder = _holder(path)
    if holder is None:
        return None
    from dvc.api import DVCFileSystem

    try:
        return bytes(DVCFileSystem(str(holder), rev=tree.commit).read_bytes(name_in(holder, path)))
    except Exception:  # noqa: BLE001 - any library may stand behind a remote
        return None
