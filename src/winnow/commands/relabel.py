"""`winnow relabel`: one image by id or name, or many by having moved their files between class folders."""

import os
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from winnow.config import read_section
from winnow.data.config import DataConfig
from winnow.data.labels import Labels, read_labels, write_labels
from winnow.disclosure import read_disclosure
from winnow.errors import ExitCode, UsageError
from winnow.ingest.config import AddConfig
from winnow.ingest.intake import Staged, stage
from winnow.ingest.label_tracking import label_files, tracked_labels
from winnow.ingest.lookup import find_image
from winnow.ingest.names import typed_label
from winnow.ingest.privacy import open_private
from winnow.ingest.pseudonyms import without_names
from winnow.ingest.publication import changing, publish, track_pending
from winnow.ingest.quarantine import write_quarantine
from winnow.ingest.result import PULL, commit_lines
from winnow.ingest.sources import open_source
from winnow.ingest.tracking import is_bare, require_joinable
from winnow.project import Project
from winnow.repository.dvc import require_dvc

_MAX_SHOWN = 50


@dataclass
class RelabelResult:
    """What changed in `labels.csv`, by id."""

    relabelled: dict[str, tuple[str, str]]
    """The old and the new label."""

    added: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    """Not in the folder; still in the data set unless `is_removed`."""

    is_removed: bool = False
    quarantined: int = 0
    conflicts: int = 0
    """Those of the quarantined that lie in two class folders (Q203)."""

    notes: list[str] = field(default_factory=list)
    changed: list[Path] = field(default_factory=list)
    may_show_ids: bool = True

    @property
    def exit_code(self) -> ExitCode:
        """FAILED when an image lies in two class folders: a person must decide."""
        return ExitCode.FAILED if self.conflicts else ExitCode.OK

    def lines(self) -> list[str]:
        """Return what to print."""
        moved = [f"{image}: {old or '(unlabelled)'} -> {new or '(unlabelled)'}" for image, (old, new) in self._moves()]
        gone = [f"{image}: {'removed' if self.is_removed else 'missing'}" for image in self.missing]
        notes = list(self.notes)
        if gone and not self.is_removed:
            notes.append("the missing images stay in the data set: --remove takes them out, once no file is refused")
        counts = f"{len(moved)} relabelled, {len(self.added)} added, {len(gone)} missing, {self.quarantined} refused"
        single = [*_shortened(moved), *_shortened(gone)] if self.may_show_ids else []
        return [*single, counts, *notes, *commit_lines(self.changed)]

    def _moves(self) -> list[tuple[str, tuple[str, str]]]:
        return sorted(self.relabelled.items())


def relabel(project: Project, target: str, label: str) -> RelabelResult:
    """Give the image with this id or unique name another label; an empty one makes it unlabelled.

    Raises UsageError when no image or several have the name, or the label is too long.
    """
    label = typed_label(label)
    with changing(project), tracked_labels(project):
        labels = read_labels(project.labels)
        image = find_image(labels, target)
        [old] = labels.only([image]).column("label")
        if old == label:
            return RelabelResult({}, notes=[f"it is labelled {label!r} already"])
        write_labels(project.labels, labels.relabelled({image: label}))
    may_show_ids = read_disclosure(project).may_show_ids
    return RelabelResult({image: (old, label)}, changed=label_files(project), may_show_ids=may_show_ids)


def relabel_from(project: Project, folder: str, *, remove: bool = False, track: bool = True) -> RelabelResult:
    """Take the folders that images lie in as their labels, matched by content.

    Moved files are relabels, new ones are added; images that are not there are listed, and leave `labels.csv` only
    with `remove` and when no file was refused. Errors as `winnow add`.
    """
    config, data = read_section(project, "add", AddConfig), read_section(project, "data", DataConfig)
    # Not Path.is_dir, which raises for a name that is too long or lies in a folder that may not be entered.
    if not os.path.isdir(folder):  # noqa: PTH112 - see above
        raise UsageError(
            f"expected a folder of class folders, got {folder}", hint="`winnow images export DIR` makes one"
        )
    if track:
        require_dvc(project)
    with changing(project), tracked_labels(project, track=track):
        source = open_private(project, partial(open_source, project, folder, label=None, data=data), config)
        labels = read_labels(project.labels)
        have_left = track and track_pending(project)
        is_clone_bare = is_bare(project, track=track)
        staged = stage(project, source, labels, config)
        if config.pseudonymous:
            staged.rows = without_names(staged.rows)
        if staged.parts and is_clone_bare:
            require_joinable(project, track=track)
        write_quarantine(project.quarantine, staged.refusals)
        # A file that cannot be read may be an image that only seems to be missing.
        is_removed = remove and all(refusal.check == "Q203" for refusal in staged.refusals)
        result = _to_result(staged, is_removed=is_removed)
        result.may_show_ids = read_disclosure(project).may_show_ids
        changed = _changed(labels, staged, is_removed=is_removed)
        if changed is not labels:
            publish(project, staged.parts, changed)
            result.changed += [*label_files(project), project.images_dvc, project.images.with_name(".gitignore")]
        have_left |= track and track_pending(project)
        if have_left:
            result.notes.append(f"the earlier parts are not here, so the new ones wait in DVC's cache: {PULL}")
    return result


def _changed(labels: Labels, staged: Staged, *, is_removed: bool) -> Labels:
    """Return the labels after the move, or `labels` itself when nothing has moved."""
    if staged.moves:
        labels = labels.relabelled({image: move.new for image, move in staged.moves.items()})
    if is_removed and staged.missing:
        labels = labels.without(staged.missing)
    return labels.merged(staged.rows) if len(staged.rows) else labels


def _to_result(staged: Staged, *, is_removed: bool) -> RelabelResult:
    return RelabelResult(
        relabelled={image: (move.old, move.new) for image, move in staged.moves.items()},
        added=staged.rows.column("id"),
        missing=staged.missing,
        is_removed=is_removed,
        quarantined=len(staged.refusals),
        conflicts=sum(refusal.check == "Q203" for refusal in staged.refusals),
    )


def _shortened(lines: list[str]) -> list[str]:
    more = len(lines) - _MAX_SHOWN
    return lines if more <= 0 else [*lines[:_MAX_SHOWN], f"and {more} more"]
