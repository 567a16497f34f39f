"""Objects of DVC that a run without rights handed over, verified one by one before the first byte is pushed.

What the run's own configuration says has no effect: only files that are named by their content are taken.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from winnow.errors import InputError, MachineError
from winnow.project import Project
from winnow.pull_request.handed.archive import refused
from winnow.pull_request.handed.plain_lock import require_plain
from winnow.pull_request.record import MAX_PROJECTS
from winnow.remotes.settings import read_remote
from winnow.repository.dvc import md5_file
from winnow.repository.listings import open_repo
from winnow.repository.outs import files_first, is_folder, md5s_of_lock, parse_folder
from winnow.repository.remote_objects import absent_of, unreachable

MAX_OBJECTS = 20_000
MAX_BYTES = 20_000_000_000
MAX_LIST_BYTES = 32_000_000
"""Of the list of a folder."""
MAX_LOCK_BYTES = 1_000_000

_OBJECT = re.compile(r"files/md5/([0-9a-f]{2})/([0-9a-f]{30}(?:\.dir)?)")
_LOCK = re.compile(r"(0|[1-9][0-9]?)/dvc\.lock")
_LOCK_FILE = "dvc.lock"


@dataclass(frozen=True)
class Verified:
    """Objects that may be stored."""

    paths: dict[str, Path]
    """By MD5; the lists of folders come last, so that none is ever there without its files."""
    num_bytes: int


def verify_objects(folder: Path) -> Verified:
    """Return the objects in a handover.

    Raises RefusedError unless every file is an object whose content its name tells and which a handed-over `dvc.lock`
    names, itself or through the list of a folder.
    """
    found = dict(_files(folder))
    objects = {"".join(match.groups()): path for name, path in found.items() if (match := _OBJECT.fullmatch(name))}
    locks = [path for name, path in sorted(found.items()) if _LOCK.fullmatch(name)]
    _require_small(locks, MAX_LOCK_BYTES)
    for path in locks:
        require_plain(path.read_bytes())
    _require_small([path for md5, path in objects.items() if is_folder(md5)], MAX_LIST_BYTES)
    _require_named(objects, locks)
    for md5, path in objects.items():
        if md5_file(path) != md5.removesuffix(".dir"):
            raise refused("an object is not what its name says")
    return Verified(
        {md5: objects[md5] for md5 in files_first(objects)}, sum(path.stat().st_size for path in objects.values())
    )


def push_objects(project: Project, verified: Verified) -> int:
    """Put objects into the default remote of the project's own configuration; return how many it lacked.

    Raises MachineError where the remote cannot be reached or does not have all of them afterwards.
    """
    remote = read_remote(project)
    if remote and not remote.address.is_cloud and not Path(remote.address.path).is_dir():
        raise MachineError(f"{remote.address.path} does not exist", hint="mount its disk; dvc push would make it here")
    with open_repo(project) as repo:
        try:
            odb = repo.cloud.get_remote_odb()
            missing = absent_of(odb, verified.paths)
            for of_folder in (False, True):
                _upload(odb, verified, [md5 for md5 in missing if is_folder(md5) is of_folder])
            left = absent_of(odb, missing)
        except Exception as error:
            raise unreachable(error) from error
    if left:
        raise MachineError(f"the remote does not have {left[0]} after the push", hint="run the job again")
    return len(missing)


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield every file by its name below the folder; what else lies there is refused."""
    size, number = 0, 0
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise refused("it holds a link or another special file")
        if path.is_dir():
            continue
        name = path.relative_to(folder).as_posix()
        lock = _LOCK.fullmatch(name)
        if not (_OBJECT.fullmatch(name) or (lock and int(lock[1]) < MAX_PROJECTS)):
            raise refused("it holds a file of an unexpected name")
        size, number = size + path.stat().st_size, number + 1
        if size > MAX_BYTES or number > MAX_OBJECTS:
            raise refused(f"it holds more than {MAX_OBJECTS:,} files or {MAX_BYTES:,} bytes")
        yield name, path


def _require_small(paths: Iterable[Path], max_bytes: int) -> None:
    if any(path.stat().st_size > max_bytes for path in paths):
        raise refused(f"a lock or the list of a folder is larger than {max_bytes:,} bytes")


def _require_named(objects: dict[str, Path], locks: list[Path]) -> None:
    try:
        named = set().union(*(md5s_of_lock(path.read_bytes(), _LOCK_FILE) for path in locks))
        # A list that no lock names names nothing.
        for md5 in sorted(named & objects.keys()):
            if is_folder(md5):
                named |= set(parse_folder(objects[md5].read_bytes(), "a folder").values())
    except InputError:
        raise refused("a lock or the list of a folder cannot be read") from None
    if not objects.keys() <= named:
        raise refused("it holds an object that no handed-over dvc.lock names")


def _upload(odb: Any, verified: Verified, md5s: list[str]) -> None:
    from dvc.fs import LocalFileSystem

    if md5s:
        odb.add([str(verified.paths[md5]) for md5 in md5s], LocalFileSystem(), md5s, check_exists=False)
