"""What stages built (`dvc.lock`, reports in Git) cannot be merged: one side's is taken whole, then it is built anew."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from winnow.errors import InputError
from winnow.merging.operation import Operation, Side
from winnow.merging.pointers import recorded_md5
from winnow.merging.staging import conflicted, files_at, name_of, remove, staged, take
from winnow.project import Project
from winnow.repository.dvc import load_yaml, md5_file


@dataclass(frozen=True)
class BuildsMerge:
    """Which side's builds are those of the merge."""

    side: Side | None
    """None where the sides have the same, or where they were built anew since."""

    stale: list[str]
    """Stages that `dvc.lock` records with other labels or images than the merged ones."""


def settle_builds(project: Project, operation: Operation) -> BuildsMerge:
    """Take `dvc.lock` and the reports of one side, and stage them.

    It is the side that built, if only one did; else the one that the branch is merged with or put on. The data is to
    be settled before: what was built of it already (by `dvc repro` in the middle of a merge) stays.
    """
    names = _names(project)
    base, ours, theirs = (
        files_at(project, commit, names) for commit in (operation.base, operation.ours, operation.theirs)
    )
    side = operation.built_on
    if base in (ours, theirs):
        side = "theirs" if ours == base else "ours"
    wanted = theirs if side == "theirs" else ours
    here = staged(project, names)
    is_conflicted = _is_conflicted(project, names)
    if not is_conflicted and here != wanted and _stale_stages(project) == []:
        return BuildsMerge(None, [])
    if is_conflicted or here != wanted:
        take(project, operation.commit(side), wanted)
        remove(project, sorted((ours.keys() | theirs.keys() | here.keys()) - wanted.keys()))
    return BuildsMerge(side if ours != theirs else None, _stale_stages(project) or [])


def _names(project: Project) -> list[str]:
    """Return what is built and kept in Git: files, and the folder of costs."""
    reports = (project.data_report, project.metrics, project.predictions, project.noise)
    tables = (project.per_class, project.confusion, project.reliability)
    return [name_of(project, path) for path in (project.dvc_lock, *reports, *tables, project.cost("any").parent)]


def _is_conflicted(project: Project, names: list[str]) -> bool:
    return any(path == name or path.startswith(f"{name}/") for path in conflicted(project) for name in names)


def _stale_stages(project: Project) -> list[str] | None:
    """Return the stages that `dvc.lock` records with other data than that of the work tree; None without a lock."""
    lock = project.dvc_lock
    if not lock.exists():
        return None
    try:
        stages = load_yaml(lock.read_bytes(), lock.name).get("stages", {})
        hashes = _hashes(project)
    except InputError:
        return None
    return [name for name, stage in stages.items() if _is_stale(stage.get("deps", []), hashes)]


def _is_stale(dependencies: list[Mapping[str, Any]], hashes: Mapping[str, str]) -> bool:
    return any(hashes.get(each["path"], each["md5"]) != each["md5"] for each in dependencies if "md5" in each)


def _hashes(project: Project) -> dict[str, str]:
    found = {}
    if project.labels.exists():
        found[name_of(project, project.labels)] = md5_file(project.labels)
    if project.images_dvc.exists():
        found[name_of(project, project.images)] = recorded_md5(project.images_dvc)
    return found
