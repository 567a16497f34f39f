"""Whether what a run made belongs to a commit: the lock is current there, and every record is what the lock says."""

import json
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from winnow.errors import CheckError, InputError, MachineError
from winnow.github.commits import Change
from winnow.project import PARAMS, Project
from winnow.pull_request.accepting.checkout import Checkout
from winnow.pull_request.handed.archive import refused
from winnow.pull_request.handed.plain_lock import require_plain
from winnow.pull_request.handed.records_handover import Records
from winnow.pull_request.remote_state import find_remote_state
from winnow.repository.dry_run import dry_run
from winnow.repository.dvc import listing_md5, load_yaml, md5_bytes
from winnow.repository.listings import open_repo
from winnow.repository.remote_objects import find_missing

_LOCK, _FLOW = "dvc.lock", "dvc.yaml"
_BUILT = ("rebuilt", "unchanged")
_MAX_NAMES = 5
_MAX_COST_BYTES = 10_000


@dataclass(frozen=True)
class _Stages:
    """What `dvc.yaml` declares, with the hashes of the lock; paths in the project, with slashes."""

    in_git: dict[str, str]
    """Outputs that Git holds, and their MD5."""
    unrecorded: list[str]
    """Outputs, and dependencies that are not here, without a hash."""
    names: set[str]


def lay_down(checkout: Checkout, records: Records) -> list[Change]:
    """Write a run's records into the commit's files; return what differs from them.

    Raises RefusedError unless they are what the commit's `dvc.yaml` and their own lock name, byte for byte.
    """
    folder, files = records.run.folder, dict(records.files)
    if records.run.state not in _BUILT:
        raise CheckError(f"the run built nothing for {_shown(folder)}", hint="mend what its report names, and push")
    if not {_in(folder, PARAMS), _in(folder, _FLOW)} <= checkout.entries.keys():
        raise refused("it tells of a project that this commit does not have")
    if _LOCK not in files:
        raise refused(f"it lacks a {_LOCK}")
    require_plain(files[_LOCK])
    content = files.pop(_LOCK)
    lock = _write(checkout, folder, _LOCK, content)
    stages = _read_stages(Project(checkout.root / folder), content)
    if stages.unrecorded:
        raise _stale(folder, stages.unrecorded)
    costs = _take_costs(files, stages.names)
    gone = _require_same(checkout, folder, stages.in_git, files)
    written = [_write(checkout, folder, path, content) for path, content in sorted({**files, **costs}.items())]
    return [change for change in (lock, *written, *(_remove(checkout, path) for path in gone)) if change]


def require_current(checkout: Checkout, folder: str) -> None:
    """Raise CheckError unless DVC finds nothing to do with the records laid down."""
    done = dry_run(Project(checkout.root / folder))
    if not done.is_current:
        raise _stale(folder, done.stages or done.lost)


def require_stored(checkout: Checkout, folder: str) -> bool:
    """Return False without a remote. Raises CheckError unless it has all that the project names.

    Raises MachineError where the remote cannot be asked.
    """
    project = Project(checkout.root / folder)
    remote = find_remote_state(project)
    if remote.state == "none":
        return False
    if remote.state == "not readable":
        raise MachineError(f"the remote cannot be asked: {remote.reason}", hint="winnow doctor remote says more")
    number, missing = find_missing(project)
    if missing:
        names = _some([each.path for each in missing])
        raise CheckError(
            f"{len(missing):,} of {number:,} objects that {_shown(folder)} names are not in the remote: {names}",
            hint="store.yaml pushes them after the run: wait for it, or run it again",
        )
    return True


def _require_known(lock: bytes, names: set[str]) -> None:
    recorded = load_yaml(lock, _LOCK).get("stages")
    if not isinstance(recorded, dict) or not recorded.keys() <= names:
        raise refused(f"its {_LOCK} records a stage that this commit does not have")


def _read_stages(project: Project, lock: bytes) -> _Stages:
    """Let DVC read `dvc.yaml` and the lock beside it: templates, loops and working folders are its own business."""
    from dvc.exceptions import DvcException

    root = project.root.resolve()
    try:
        with open_repo(project) as repo:
            stages = list(repo.stage.load_file(str(root / _FLOW)))
            _require_known(lock, {stage.name for stage in stages})
            outs = [out for stage in stages for out in stage.outs]
            deps = [dep for stage in stages for dep in stage.deps]
            absent = [dep for dep in deps if dep.protocol == "local" and not dep.exists]
            return _Stages(
                in_git={_path(out, root): str(out.hash_info.value or "") for out in outs if not out.use_cache},
                names={stage.name for stage in stages},
                unrecorded=[_path(each, root) for each in (*outs, *absent) if not each.hash_info],
            )
    except (DvcException, InputError, RecursionError):
        raise refused(f"DVC cannot read this commit's {_FLOW} with its {_LOCK}") from None


def _take_costs(files: dict[str, bytes], stages: set[str]) -> dict[str, bytes]:
    """Take the costs of stages out of the records: no lock vouches for them, so they must be plain and small."""
    here = Project(Path())
    costs = {path: files.pop(path) for path in (here.cost(name).as_posix() for name in stages) if path in files}
    for content in costs.values():
        try:
            values = json.loads(content).values() if len(content) <= _MAX_COST_BYTES else [[]]
        except (ValueError, AttributeError, RecursionError):
            values = [[]]
        if any(isinstance(value, dict | list) for value in values):
            raise refused("the cost of a stage is not what winnow writes")
    return costs


def _require_same(checkout: Checkout, folder: str, in_git: Mapping[str, str], files: Mapping[str, bytes]) -> list[str]:
    """Return the files of the commit that the records no longer have, after comparing all hashes."""
    left, gone = set(files), []
    for path, md5 in in_git.items():
        if path.startswith("../"):
            continue  # beside the project: nobody hands it over, and DVC compares what the commit has
        inner = {name.removeprefix(f"{path}/"): name for name in files if name.startswith(f"{path}/")}
        if md5.endswith(".dir"):
            found = listing_md5({name: md5_bytes(files[whole]) for name, whole in inner.items()})
            held = (name for name in checkout.entries if name.startswith(f"{_in(folder, path)}/"))
            gone += [name for name in held if posixpath.relpath(name, folder) not in files]
            left -= set(inner.values())
        else:
            found = md5_bytes(files[path]) if path in files else ""
            left.discard(path)
        if found != md5:
            raise refused("a record is not the file that its lock names")
    if left:
        raise refused("it holds a file that no stage of this commit declares as an output in Git")
    return gone


def _write(checkout: Checkout, folder: str, path: str, content: bytes) -> Change | None:
    whole = _in(folder, path)
    if not checkout.is_plain(whole):
        raise refused("it would write through a link, a submodule or a file that is in the way")
    target = checkout.root / whole
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    return checkout.change(whole, content)


def _remove(checkout: Checkout, whole: str) -> Change | None:
    (checkout.root / whole).unlink(missing_ok=True)
    return checkout.change(whole, None)


def _stale(folder: str, names: list[str]) -> CheckError:
    about = f": {_some(names)}" if names else ""
    return CheckError(
        f"what the run made for {_shown(folder)} does not belong to this commit's inputs{about}",
        hint="push a commit, or run pipeline.yaml again: it trains on what the commit says",
    )


def _path(entry: Any, root: Path) -> str:
    return Path(posixpath.relpath(Path(entry.fs_path).as_posix(), root.as_posix())).as_posix()


def _in(folder: str, path: str) -> str:
    return path if folder == "." else f"{folder}/{path}"


def _shown(folder: str) -> str:
    return "the project" if folder == "." else folder


def _some(names: list[str]) -> str:
    rest = len(names) - _MAX_NAMES
    return ", ".join(names[:_MAX_NAMES]) + (f" and {rest:,} more" if rest > 0 else "")
