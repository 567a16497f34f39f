"""`winnow remove`: images leave the data set. Their bytes stay in the parts, so a removal can be taken back."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from winnow.data.labels import read_labels, write_labels
from winnow.disclosure import read_disclosure
from winnow.errors import ExitCode
from winnow.ingest.label_tracking import label_files, tracked_labels
from winnow.ingest.lookup import find_image
from winnow.ingest.publication import changing
from winnow.ingest.result import commit_lines
from winnow.project import Project


@dataclass(frozen=True)
class RemoveResult:
    """What left `labels.csv`."""

    ids: list[str]
    changed: list[Path]
    may_show_ids: bool
    exit_code = ExitCode.OK

    def lines(self) -> list[str]:
        """Return what to print."""
        told = [f"removed {image}" for image in self.ids] if self.may_show_ids else [f"removed {len(self.ids)} images"]
        return [*told, *commit_lines(self.changed)]


def remove(project: Project, targets: Sequence[str]) -> RemoveResult:
    """Take the images with these ids or unique names out of `labels.csv`; all of them, or none when one is unknown.

    Raises UsageError for an id or a name that no image or several have. The parts are append-only: only `erase` and
    `compact` take bytes out of them.
    """
    with changing(project), tracked_labels(project):
        labels = read_labels(project.labels)
        ids = sorted({find_image(labels, target) for target in targets})
        write_labels(project.labels, labels.without(ids))
    return RemoveResult(ids, label_files(project), read_disclosure(project).may_show_ids)
