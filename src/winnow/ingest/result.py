"""What `winnow add` did, and how it is told."""

import os
import shlex
from dataclasses import dataclass, field
from pathlib import Path

from winnow.errors import ExitCode
from winnow.ingest.intake import Staged
from winnow.ingest.label_tracking import label_files
from winnow.project import Project

_MAX_CLASSES = 12
PULL = "`dvc pull data/images.dvc` brings them"


def commit_lines(paths: list[Path]) -> list[str]:
    """Return what to type so that Git knows of `paths`, as seen from the working directory."""
    names = sorted({os.path.relpath(path) for path in paths if path.exists()})
    return [f"to commit: git add {shlex.join(names)}"] if names else []


@dataclass
class AddResult:
    """Counts of one run. `found` is the sum of `added`, `known`, `duplicates` and `quarantined`."""

    found: int
    added: int
    known: int
    duplicates: int
    quarantined: int
    conflicts: int
    """Those of the quarantined that have two labels (Q203)."""

    parts: list[str]
    """Names of the new parts."""

    classes: dict[str, int]
    """New images by label."""

    quarantine: Path
    is_restored: bool = False
    """Nothing was added: the parts that `images.dvc` records were made again."""

    is_tracked: bool = False
    """DVC has new parts to push."""

    is_strict: bool = False
    notes: list[str] = field(default_factory=list)
    changed: list[Path] = field(default_factory=list)
    """Files that Git should know."""

    @classmethod
    def of(cls, project: Project, staged: Staged, *, is_restored: bool, is_bare: bool) -> "AddResult":
        """Return the counts of what was staged; `is_bare`: the earlier parts are not on this machine."""
        result = cls(
            found=staged.num_found,
            added=0 if is_restored else len(staged.rows),
            known=len(staged.rows) if is_restored else staged.num_known,
            duplicates=staged.num_repeated,
            quarantined=len(staged.refusals),
            conflicts=sum(refusal.check == "Q203" for refusal in staged.refusals),
            parts=[path.name for path in staged.parts],
            classes={} if is_restored else staged.class_counts(),
            quarantine=project.quarantine,
            is_restored=is_restored,
        )
        if is_bare and not staged.parts:
            result.notes.append(f"the parts are not here, and this source alone does not make them: {PULL}")
        return result

    def tell_changed(self, project: Project, *, have_left: bool) -> None:
        """Note what Git should know; `have_left`: the new parts are in DVC's cache only."""
        self.changed += [
            *label_files(project),
            project.images_dvc,
            project.images.with_name(".gitignore"),
            project.cost("add"),
        ]
        self.is_tracked = project.images_dvc.exists()
        if have_left:
            self.notes.append(f"the earlier parts are not here, so the new ones wait in DVC's cache: {PULL}")

    def tell_migrated(self, changed: list[Path]) -> None:
        """Note how a migration ended; nothing changed: some files were refused."""
        self.changed += changed
        if changed:
            self.notes.append("DVC no longer tracks the loose files; they stay on this disk, ignored by Git")
        else:
            self.notes.append("DVC still tracks the loose files, because some were refused: mend them and run again")

    @property
    def exit_code(self) -> ExitCode:
        """FAILED when a person must decide: labels clash, nothing was usable, or `strict` and anything was refused."""
        is_useless = bool(self.quarantined) and self.quarantined == self.found
        return ExitCode.FAILED if self.conflicts or is_useless or (self.is_strict and self.quarantined) else ExitCode.OK

    def lines(self) -> list[str]:
        """Return what to print."""
        share = ["to share the images: dvc push"] if self.is_tracked else []
        return [*self._counts(), *self.notes, *self._refused(), *commit_lines(self.changed), *share]

    def _counts(self) -> list[str]:
        if self.is_restored:
            return [f"found {self.found} images: the parts are here again, byte for byte"]
        counts = (self.added, "added"), (self.known, "already there"), (self.duplicates, "repeated")
        told = ", ".join(f"{count} {what}" for count, what in (*counts, (self.quarantined, "refused")))
        lines = [f"found {self.found}: {told}"]
        if self.classes:
            shown = [f"{label or '(unlabelled)'} {count}" for label, count in list(self.classes.items())[:_MAX_CLASSES]]
            more = len(self.classes) - len(shown)
            lines.append(f"added by class: {', '.join(shown)}" + (f" and {more} more classes" if more else ""))
        return lines

    def _refused(self) -> list[str]:
        lines = []
        if self.quarantined:
            lines.append(f"refused files and reasons: {os.path.relpath(self.quarantine)}")
        if self.conflicts:
            lines.append(f"{self.conflicts} of them have two labels: decide, then `winnow relabel`")
        return lines
