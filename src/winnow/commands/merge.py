"""`winnow merge`: after a Git conflict, settle every file that winnow and DVC write, and say what is left."""

import pyarrow as pa

from winnow.errors import UsageError
from winnow.ingest.publication import Journal, changing, read_journal
from winnow.merging.builds import settle_builds
from winnow.merging.erased import merge_erased, settle_erased
from winnow.merging.labelling import LabelMerge, merge_labels, settle_labels
from winnow.merging.operation import Operation, Side, describe, find_operation
from winnow.merging.outcome import MergeResult, PartsOutcome
from winnow.merging.parts import PartsMerge, bring_folder, merge_parts, settle_parts
from winnow.merging.staging import conflicted
from winnow.project import Project
from winnow.repository.dvc import Recorded
from winnow.repository.listings import open_objects


def merge(project: Project, branch: str | None = None, *, prefer: Side | None = None) -> MergeResult:
    """Settle labels, parts, tombstones, `dvc.lock` and reports of the merge, rebase or pick that Git stopped at.

    Questions about labels are decided by `prefer`; without it they are returned, and the labels stay as they are.
    Raises UsageError when Git is doing nothing, and InputError when a side's data can be read neither here nor from
    the remote; nothing has changed then. Killed at any moment and run again, it ends as an undisturbed run.
    """
    operation = find_operation(project, branch)
    with changing(project):
        _require_nothing_pending(project)
        erased = merge_erased(project, operation)
        labels = merge_labels(project, operation, erased, prefer)
        # First what may fail: it reads the remote.
        parts = _settle_parts(project, operation, labels, erased)
        settle_erased(project, erased)
        if labels and labels.is_settled:
            settle_labels(project, operation, labels)
        builds = settle_builds(project, operation)
        is_folder_current = _bring_folder(project, parts)
    return MergeResult(
        operation=operation,
        ours=describe(project, operation.ours),
        theirs=describe(project, operation.theirs),
        labels=labels,
        parts=PartsOutcome(*parts, is_folder_current) if parts else None,
        builds=builds,
        num_erased=len(erased),
        conflicted=conflicted(project),
    )


def _require_nothing_pending(project: Project) -> None:
    """Raise when a killed command left parts that DVC does not track: it would record them over the merge."""
    if read_journal(project) != Journal():
        raise UsageError(
            "a command that added or replaced images was killed, and DVC does not know its parts yet",
            hint="run it again, if need be after leaving the merge (git merge --abort), and merge then",
        )


def _settle_parts(
    project: Project, operation: Operation, labels: LabelMerge | None, erased: set[str]
) -> tuple[PartsMerge, Recorded | None] | None:
    if not any(path.exists() for path in (project.images_dvc, project.images)):
        return None
    with open_objects(project) as objects:
        wanted = labels.wanted if labels else pa.array([], pa.string())
        merge = merge_parts(project, operation, objects, wanted, erased)
        return (merge, settle_parts(project, operation, objects, merge)) if merge else None


def _bring_folder(project: Project, parts: tuple[PartsMerge, Recorded | None] | None) -> bool:
    if parts is None or parts[0].listing is None:
        return True
    with open_objects(project) as objects:
        return bring_folder(project, objects, parts[0].listing)
