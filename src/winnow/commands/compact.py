"""`winnow compact`: many small parts, and parts with removed images, become full ones."""

from dataclasses import dataclass
from pathlib import Path

from winnow.config import read_section
from winnow.data.labels import read_labels
from winnow.data.parts import list_parts
from winnow.errors import ExitCode, InputError
from winnow.ingest.compaction import fold, plan
from winnow.ingest.config import AddConfig
from winnow.ingest.label_tracking import tracked_labels
from winnow.ingest.publication import changing, exchange, read_journal, track_pending
from winnow.ingest.result import commit_lines
from winnow.ingest.tracking import is_bare
from winnow.project import Project
from winnow.repository.dvc import require_dvc


@dataclass(frozen=True)
class Extent:
    """How many parts there are, and their bytes."""

    num_parts: int
    num_bytes: int

    @classmethod
    def of(cls, parts: list[Path]) -> "Extent":
        """Measure parts."""
        return cls(len(parts), sum(part.stat().st_size for part in parts))

    def __str__(self) -> str:
        return f"{self.num_parts} {'part' if self.num_parts == 1 else 'parts'} ({self.num_bytes / 1e6:,.2f} MB)"


@dataclass(frozen=True)
class CompactResult:
    """The parts before and after."""

    before: Extent
    after: Extent
    num_folded: int
    """Parts that were taken apart; 0: nothing to gain."""

    num_dropped: int
    """Rows of removed images, and second copies."""

    is_tracked: bool
    changed: list[Path]
    """Files that Git should know."""

    exit_code = ExitCode.OK

    def lines(self) -> list[str]:
        """Return what to print."""
        if not self.num_folded:
            return [f"{self.before}: nothing to compact", *commit_lines(self.changed)]
        untouched = self.before.num_parts - self.num_folded
        told = [f"{self.before} became {self.after}; untouched: {untouched}"]
        if self.num_dropped:
            told.append(f"left out: {self.num_dropped} rows of images that were removed, or lay in two parts")
        if self.is_tracked:
            told.append("older commits keep what left, in DVC's cache and in the remote, until `dvc gc` drops it there")
        return [*told, *commit_lines(self.changed), *(["to share the parts: dvc push"] if self.is_tracked else [])]


def compact(project: Project, *, track: bool = True) -> CompactResult:
    """Fold small parts, and parts with images that `labels.csv` does not have, into full ones; others stay as they are.

    Ids, labels and splits do not change. Raises InputError where a part is not here or is damaged, MachineError for a
    full disk; nothing has changed then. Killed at any moment and run again, it ends with the same bytes.
    """
    part_size_bytes = read_section(project, "add", AddConfig).part_size_mb * 1_000_000
    if track:
        require_dvc(project)
    # With labels of another commit than the parts, images that were added since would count as removed.
    with changing(project), tracked_labels(project, track=track):
        was_interrupted = read_journal(project).is_whole
        if track:
            track_pending(project)
        labels, parts = read_labels(project.labels), _all_parts(project, track=track)
        before = Extent.of(parts)
        folding = plan(parts, labels, part_size_bytes)
        if folding.folded:
            staged = fold(project, folding, part_size_bytes)
            exchange(project, staged, [part for part, _ in folding.folded])
        if track:
            track_pending(project)
    return CompactResult(
        before,
        Extent.of(list_parts(project.images)),
        num_folded=len(folding.folded),
        num_dropped=folding.num_dropped,
        is_tracked=track and project.images_dvc.exists(),
        changed=[project.images_dvc] if folding.folded or was_interrupted else [],
    )


def _all_parts(project: Project, *, track: bool) -> list[Path]:
    if is_bare(project, track=track):
        raise InputError(
            "the parts are not here, and compacting needs all of them",
            hint="dvc pull data/images.dvc, then run the command again",
        )
    return list_parts(project.images)
