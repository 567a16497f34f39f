"""`winnow remove`: images leave the data set. Their bytes stay in the parts, so a removal can be taken back."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from winnow.data.labels import read_labels, write_labels
from winnow.errors import ExitCode
from winnow.ingest.lookup import find_image
from winnow.ingest.publication import changing
from winnow.ingest.result import commit_lines
from winnow.project import Project


@dataclass(frozen=True)
class RemoveResult:
    """What left `labels.csv`."""

    ids: list[str]
    changed: list[Path]
    exit_code = ExitCode.OK

    def lines(self) -> list[str]:
        """Return what to print."""
        return [*(f"removed {image}" for image in self.ids), *commit_lines(self.changed)]


def remove(project: Project, targets: Sequence[str]) -> RemoveResult:
    """Take the images with these ids or unique names out of `labels.csv`; all of them, or none when one is unknown.

    Raises UsageError for an id or a name that no image or several have. The parts are append-only: only `erase` and
    `compact` take bytes out of them.
    """
    with changing(project):
        labels = read_labels(project.labels)
        ids = sorted({find_image(labels, target) for target in targets})
        write_labels(project.labels, labels.without(ids))
    return RemoveResult(ids, [project.labels])
