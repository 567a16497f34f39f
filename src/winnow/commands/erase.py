"""`winnow erase`: images leave for good; what holds them is rewritten or deleted, and they may not come back."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from winnow.data.labels import Labels, read_labels
from winnow.errors import ExitCode, UsageError, WinnowError
from winnow.ingest.clearing import Cleared, clear
from winnow.ingest.erasure import Pending, read_pending, resolve, sweep, withdraw, write_pending
from winnow.ingest.label_tracking import label_files, tracked_labels
from winnow.ingest.publication import changing, track_pending
from winnow.ingest.replacement import Replacement, replace_here, replace_recorded
from winnow.ingest.result import commit_lines
from winnow.ingest.stores import Cache, Store, open_stores
from winnow.ingest.tombstones import read_erased
from winnow.ingest.traces import Traces, needed_elsewhere, search
from winnow.ingest.tracking import is_bare
from winnow.project import Project
from winnow.repository.dvc import require_dvc

Agree = Callable[[list[str]], bool]
"""Shows lines to a person; returns whether the person agrees."""

OUT_OF_REACH = (
    "winnow cannot reach, and you may have to see to:",
    "  Git's history: names and labels in old commits of data/labels.csv, ids in reports/predictions.parquet",
    "  other people's clones and caches, and folders that images were added from or exported to",
    "  models trained on the image: `dvc repro` trains one without it; versions and backups that a bucket keeps",
    "older commits, and branches that have not taken this one in, lack the parts that were deleted; comparisons with",
    "them go on from their stored predictions",
)


@dataclass
class EraseResult:
    """What was erased, and what is still to do."""

    ids: list[str]
    cleared: Cleared = field(default_factory=Cleared)
    needed: dict[str, str] = field(default_factory=dict)
    """MD5 of an object that stays -> who needs it."""

    swept: list[Path] = field(default_factory=list)
    changed: list[Path] = field(default_factory=list)
    """Files that Git should know."""

    is_tracked: bool = False

    @property
    def exit_code(self) -> ExitCode:
        """MACHINE while a store could not be reached, FAILED while another branch or project needs an object."""
        if self.cleared.failed:
            return ExitCode.MACHINE
        return ExitCode.FAILED if self.needed else ExitCode.OK

    def lines(self) -> list[str]:
        """Return what to print."""
        told = [f"erased {image}" for image in self.ids]
        told += [f"{store}: {count} objects deleted" for store, count in self.cleared.num_deleted.items() if count]
        told += [f"removed {path.name}" for path in self.swept]
        told += [f"NOT deleted: {md5}, needed by {who}: erase there, then here" for md5, who in self._needed()]
        for error in self.cleared.failed.values():
            told += [f"NOT finished: {error}", "run `winnow erase` again: what is left is written down"]
        share = ["commit and push it soon, and `dvc push`: other clones learn of it from there"]
        return [*told, *OUT_OF_REACH, *commit_lines(self.changed), *(share if self.is_tracked else [])]

    def left(self, objects: Sequence[str]) -> list[str]:
        """Return what is to be deleted by the next run; what somebody needs is looked for again."""
        return [md5 for md5 in objects if md5 not in self.needed]

    def _needed(self) -> list[tuple[str, str]]:
        return sorted(self.needed.items())


def erase(project: Project, targets: Sequence[str], *, agree: Agree) -> EraseResult:
    """Erase the images with these ids or unique names, and finish what an earlier run could not.

    Nothing has changed when `agree` returns False or an image is unknown (UsageError), or when a part is not here or
    damaged (InputError). Killed at any moment and run again, it ends with the same bytes.
    """
    with changing(project), _stores(project) as (cache, remotes):
        is_tracked = cache is not None and project.images_dvc.exists()
        if is_tracked:
            track_pending(project)
        with tracked_labels(project):
            labels, pending = read_labels(project.labels), read_pending(project)
            resolved = resolve(labels, targets, pending)
            ids = sorted(set(resolved.values()))
            rows = labels.only(ids)
            traces = search(project, ids, cache, remotes)
            if set(ids) != set(pending.targets.values()):
                _require_known(project, ids, rows, traces)
                if not agree(_question(rows, ids)):
                    raise UsageError("nothing was erased", hint="--yes says that you mean it")
            if cache and is_bare(project, track=is_tracked):
                replacement: Replacement = replace_recorded(project, ids, traces, cache, remotes)
            else:
                replacement = replace_here(project, ids)
            pending = Pending(resolved, sorted({*pending.objects, *traces.parts, *traces.pixels}))
            write_pending(project, pending)
            swept = sweep(project, ids, [*targets, *rows.column("name")], traces.names)
            withdraw(project, labels, ids)
            replacement.publish(project)
        if is_tracked:
            track_pending(project)
        result = EraseResult(ids, swept=swept, is_tracked=is_tracked)
        if cache:
            _clear(project, pending, traces, result, cache, remotes)
        is_done = result.exit_code is ExitCode.OK
        write_pending(project, Pending() if is_done else replace(pending, objects=result.left(pending.objects)))
    result.changed = [*label_files(project), project.erased, project.images_dvc]
    return result


def _clear(
    project: Project, pending: Pending, traces: Traces, result: EraseResult, cache: Cache, remotes: list[Store]
) -> None:
    result.needed = needed_elsewhere(project, traces, result.ids, [cache, *remotes])
    result.cleared = clear(project, set(pending.objects) - result.needed.keys(), cache, remotes)
    for name, error in traces.unreachable.items():
        result.cleared.failed.setdefault(name, error)


@contextmanager
def _stores(project: Project) -> Iterator[tuple[Cache | None, list[Store]]]:
    """Yield DVC's cache and the remotes; neither outside of a DVC repository."""
    try:
        require_dvc(project)
    except WinnowError:
        if project.images_dvc.exists():
            raise
        yield None, []
        return
    with open_stores(project) as (cache, remotes):
        yield cache, remotes


def _require_known(project: Project, ids: list[str], rows: Labels, traces: Traces) -> None:
    known = read_erased(project.erased).union(rows.column("id"), *(part.to_pylist() for part in traces.parts.values()))
    if unknown := [image for image in ids if image not in known]:
        raise UsageError(f"no image has the id {unknown[0]}", hint="`winnow images list` shows ids and names")


def _question(rows: Labels, ids: list[str]) -> list[str]:
    known = {image: f"{image} {label} {name}".rstrip() for image, label, name, *_ in rows.rows()}
    return [known.get(image, f"{image} (not in labels.csv)") for image in ids]
