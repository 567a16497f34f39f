"""Tracking by DVC: parts join `data/images.dvc` one by one, also where the earlier parts are not on this machine."""

from pathlib import Path
from subprocess import CompletedProcess

from winnow.data.parts import list_parts
from winnow.errors import InputError, UsageError
from winnow.files import write_text
from winnow.project import Project
from winnow.repository.dvc import (
    Recorded,
    call_dvc,
    last_line,
    listing_md5,
    md5_file,
    read_recorded,
    relative,
    require_success,
)

# Far below every system's limit for a command line.
_PARTS_PER_CALL = 200


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
    done = call_dvc(project, "list", ".", relative(project, project.images))
    if done.returncode:
        raise InputError(
            f"the parts that {project.images_dvc} records are neither here nor in a remote: {last_line(done.stderr)}",
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
        track_folder(project)
        return False
    others = [path for path in list_parts(project.images) if path not in here]
    is_complete = _extent(others) == (recorded.num_files, recorded.size)
    for start in range(0, len(here), _PARTS_PER_CALL):
        done = _add(project, here[start : start + _PARTS_PER_CALL])
        if done.returncode and is_complete:
            # The list of the others is in no cache any more, but all of them are here.
            done = _add(project, [project.images])
        require_success(done)
    recorded = read_recorded(project)
    if recorded is None or recorded.num_files <= len(list_parts(project.images)):
        return False
    for path in here:
        path.unlink()
    if not any(project.images.iterdir()):
        project.images.rmdir()
    return True


def track_folder(project: Project) -> None:
    """Let DVC record the folder as it is: what it recorded and is not here any more leaves `images.dvc`."""
    require_success(_add(project, [project.images]))


def folder_md5(parts: list[Path]) -> str:
    """Return the hash by which DVC records a folder of these files."""
    return listing_md5({path.name: md5_file(path) for path in parts})


def pull(project: Project, target: Path) -> None:
    """Fetch a tracked file or folder from the remote. Raises MachineError when it is not there."""
    require_success(call_dvc(project, "pull", "-q", relative(project, target)))


def stop_tracking(project: Project, target: Path) -> None:
    """Remove a `.dvc` file; what it tracked stays on the disk, and stays ignored by Git."""
    require_success(call_dvc(project, "remove", "-q", relative(project, target)))
    ignore = target.with_name(".gitignore")
    kept = ignore.read_text(encoding="utf-8") if ignore.exists() else ""
    write_text(ignore, f"{kept}/{target.stem}\n")


def _md5_if_alike(parts: list[Path], recorded: Recorded) -> str:
    """Return the folder's hash; empty, and nothing read, where the sizes already differ."""
    return folder_md5(parts) if _extent(parts) == (recorded.num_files, recorded.size) else ""


def _extent(parts: list[Path]) -> tuple[int, int]:
    return len(parts), sum(path.stat().st_size for path in parts)


def _add(project: Project, targets: list[Path]) -> CompletedProcess[str]:
    return call_dvc(project, "add", "-q", *(relative(project, target) for target in targets))
