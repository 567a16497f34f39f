"""Tracking by DVC: parts join `data/images.dvc` one by one, also where the earlier parts are not on this machine."""

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from winnow.data.parts import list_parts, part_name
from winnow.errors import InputError, MachineError, UsageError
from winnow.files import write_text
from winnow.logs import logger
from winnow.project import Project

_RECOVER = "git checkout data/images.dvc, then run the command again"
# Far below every system's limit for a command line.
_PARTS_PER_CALL = 200


@dataclass(frozen=True)
class Recorded:
    """What `images.dvc` says of the folder."""

    md5: str
    size: int
    num_files: int


def require_dvc(project: Project) -> None:
    """Raise UsageError unless the project lies in a DVC repository."""
    if not any((folder / ".dvc").is_dir() for folder in (project.root, *project.root.parents)):
        raise UsageError(
            f"{project.root} lies in no DVC repository",
            hint="git init && dvc init, or leave tracking out with --no-track",
        )


def read_recorded(project: Project) -> Recorded | None:
    """Return what `images.dvc` records, or None without it. Raises InputError when it is malformed."""
    if not project.images_dvc.exists():
        return None
    try:
        out = _load_yaml(project.images_dvc)["outs"][0]
        return Recorded(md5=str(out["md5"]), size=int(out["size"]), num_files=int(out["nfiles"]))
    except (KeyError, IndexError, TypeError, ValueError):
        raise InputError(f"{project.images_dvc}: expected a folder tracked by DVC", hint=_RECOVER) from None


def is_bare(project: Project, *, track: bool) -> bool:
    """Return whether `images.dvc` records parts and none of them is here: a fresh clone before `dvc pull`.

    With `track`, raises InputError when only some of them are here, or others: the next `dvc repro` would record what
    lies in the folder as the whole data set.
    """
    recorded = read_recorded(project)
    if recorded is None:
        return False
    parts = list_parts(project.images)
    if track and parts and _extent(parts) != (recorded.num_files, recorded.size):
        raise InputError(
            f"{project.images_dvc} records {recorded.num_files} parts, {project.images} holds {len(parts)} or others",
            hint="dvc checkout data/images.dvc, or dvc pull data/images.dvc",
        )
    return not parts


def require_joinable(project: Project, *, track: bool) -> None:
    """Raise, on a bare clone, unless another part can join the recorded ones without them."""
    if not track:
        raise UsageError("the earlier parts are not here", hint="dvc pull first, or leave out --no-track")
    done = _call_dvc(project, "list", ".", _relative(project, project.images))
    if done.returncode:
        raise InputError(
            f"the parts that {project.images_dvc} records are neither here nor in a remote: {_last_line(done.stderr)}",
            hint="`winnow add SOURCE` with the source they came from makes them again; or set the remote and dvc pull",
        )


def track(project: Project, names: list[str]) -> bool:
    """Let DVC track these parts; return whether their working copies were removed again.

    The first call tracks the folder. Later ones add files to it, which needs only DVC's small list of the others.
    Where those others are not here, the new ones leave the folder as well (they are in DVC's cache): otherwise the
    next plain `dvc repro` would take the few files present for the whole data set and shrink `images.dvc`.
    """
    here = [path for path in (project.images / name for name in names) if path.exists()]
    if not here:
        return False
    recorded = read_recorded(project)
    if recorded is None or recorded.md5 == _md5_if_alike(list_parts(project.images), recorded):
        _require_success(_add(project, [project.images]))
        return False
    others = [path for path in list_parts(project.images) if path not in here]
    is_complete = _extent(others) == (recorded.num_files, recorded.size)
    for start in range(0, len(here), _PARTS_PER_CALL):
        done = _add(project, here[start : start + _PARTS_PER_CALL])
        if done.returncode and is_complete:
            # The list of the others is in no cache any more, but all of them are here.
            done = _add(project, [project.images])
        _require_success(done)
    recorded = read_recorded(project)
    if recorded is None or recorded.num_files <= len(list_parts(project.images)):
        return False
    for path in here:
        path.unlink()
    if not any(project.images.iterdir()):
        project.images.rmdir()
    return True


def folder_md5(parts: list[Path]) -> str:
    """Return the hash by which DVC records a folder of these files."""
    listing = [{"md5": _md5_file(path), "relpath": path.name} for path in sorted(parts, key=part_name)]
    return hashlib.md5(json.dumps(listing, sort_keys=True).encode(), usedforsecurity=False).hexdigest() + ".dir"


def pull(project: Project, target: Path) -> None:
    """Fetch a tracked file or folder from the remote. Raises MachineError when it is not there."""
    _require_success(_call_dvc(project, "pull", "-q", _relative(project, target)))


def stop_tracking(project: Project, target: Path) -> None:
    """Remove a `.dvc` file; what it tracked stays on the disk, and stays ignored by Git."""
    _require_success(_call_dvc(project, "remove", "-q", _relative(project, target)))
    ignore = target.with_name(".gitignore")
    kept = ignore.read_text(encoding="utf-8") if ignore.exists() else ""
    write_text(ignore, f"{kept}/{target.stem}\n")


def _md5_if_alike(parts: list[Path], recorded: Recorded) -> str:
    """Return the folder's hash; empty, and nothing read, where the sizes already differ."""
    return folder_md5(parts) if _extent(parts) == (recorded.num_files, recorded.size) else ""


def _extent(parts: list[Path]) -> tuple[int, int]:
    return len(parts), sum(path.stat().st_size for path in parts)


def _md5_file(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _load_yaml(path: Path) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except YAMLError as error:
        raise InputError(f"{path} is not valid YAML: {error}", hint=_RECOVER) from None


def _add(project: Project, targets: list[Path]) -> subprocess.CompletedProcess[str]:
    return _call_dvc(project, "add", "-q", *(_relative(project, target) for target in targets))


def _relative(project: Project, path: Path) -> str:
    return os.path.relpath(path, project.root)


def _call_dvc(project: Project, *arguments: str) -> subprocess.CompletedProcess[str]:
    logger.debug("dvc %s", " ".join(arguments))
    return subprocess.run(  # noqa: S603 - our own interpreter, our own arguments
        [sys.executable, "-m", "dvc", *arguments],
        cwd=project.root,
        env={**os.environ, "DVC_NO_ANALYTICS": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


def _require_success(done: subprocess.CompletedProcess[str]) -> None:
    if done.returncode:
        command = " ".join(done.args[2:])
        raise MachineError(
            f"{command[:200]} failed: {_last_line(done.stderr)}",
            hint="mend what DVC names and run the command again: it goes on where it stopped",
        )


def _last_line(text: str) -> str:
    """Return DVC's last error, or its last word."""
    lines = text.strip().splitlines() or ["no message"]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    return errors[-1] if errors else lines[-1]
