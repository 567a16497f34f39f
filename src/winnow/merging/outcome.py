"""What `winnow merge` did and what is left to do, and how it is told."""

from dataclasses import dataclass

from winnow.errors import ExitCode
from winnow.merging.account import count_changes
from winnow.merging.builds import BuildsMerge
from winnow.merging.labelling import LabelMerge
from winnow.merging.operation import Operation
from winnow.merging.parts import PartsMerge
from winnow.merging.rows import Question
from winnow.repository.dvc import Recorded

_MAX_SHOWN = 20
_PULL = "dvc pull data/images.dvc"
_DECIDE = (
    "decide: winnow merge --prefer ours (or theirs) answers all of them alike, and winnow relabel mends single ones",
    "        after that; or edit data/labels.csv, git add it, and run winnow merge again",
)


@dataclass(frozen=True)
class PartsOutcome:
    """What became of `images.dvc` and the folder."""

    merge: PartsMerge
    recorded: Recorded | None
    is_folder_current: bool

    def lines(self) -> list[str]:
        """Return what to print."""
        merge, unknown = self.merge, self.merge.coverage.unknown
        if self.recorded is None:
            return []
        lines = [f"data/images.dvc: {self.recorded.num_files} parts, {self.recorded.size / 1e6:.1f} MB"]
        if merge.listing is None:
            lines.append("  as Git left it: the list of its parts is not here, so what they hold was not checked")
        else:
            lines += [f"  ours: {merge.from_ours} added", f"  theirs: {merge.from_theirs} added"]
        if not merge.is_base_known:
            lines.append("  the list of parts at the base is not in reach, so a part that one side replaced stays")
            lines.append("  (winnow compact folds such parts)")
        if merge.replaced:
            lines.append(f"  replaced by one side, so not in the merge: {merge.replaced}")
        lines += [f"  {name} stays: no other part holds some labelled images" for name in merge.coverage.returning]
        if unknown:
            lines.append(f"  not checked: whether what {unknown[0]} ({len(unknown)} parts) held is in the others")
            lines.append(f"  they are not here; {_PULL}, and winnow merge again checks it")
        if not self.is_folder_current:
            lines.append(f"  data/images is not what is recorded: {_PULL}, before anything else")
        return lines

    def problems(self) -> list[str]:
        """Return what a person must see to."""
        lost, erased = self.merge.coverage.lost, self.merge.still_erased
        told = [f"{image}: only a part with an erased image held it; winnow add its source again" for image in lost]
        return told + [f"{image}: was erased, but a part still holds it; winnow erase {image}" for image in erased]


@dataclass(frozen=True)
class MergeResult:
    """What was settled, and what a person must decide."""

    operation: Operation
    ours: str
    """The commit, for a person."""

    theirs: str
    labels: LabelMerge | None
    parts: PartsOutcome | None
    builds: BuildsMerge
    num_erased: int
    conflicted: list[str]
    """Paths that are still in conflict for Git."""

    @property
    def exit_code(self) -> ExitCode:
        """FAILED when a person must decide."""
        return ExitCode.FAILED if self._left() else ExitCode.OK

    def lines(self) -> list[str]:
        """Return what to print."""
        indent = " " * len(self.operation.kind)
        head = [f"{self.operation.kind}: ours is {self.ours}", f"{indent}  theirs is {self.theirs}"]
        parts = self.parts.lines() if self.parts else []
        return [*head, *self._labels(), *parts, *self._builds(), *(self._left() or self._next())]

    def _questions(self) -> list[Question]:
        return self.labels.merged.questions if self.labels and not self.labels.is_decided else []

    def _labels(self) -> list[str]:
        merge = self.labels
        if merge is None:
            return []
        count = f"{len(merge.merged.labels)} rows" if merge.is_settled else "stays as it is, for a person must decide"
        sides = (("ours", merge.ours), ("theirs", merge.theirs))
        changes = [f"  {side}: {count_changes(merge.base, labels)}" for side, labels in sides]
        erased = [f"data/erased.csv: {self.num_erased} images"] if self.num_erased else []
        return [f"data/labels.csv: {count}", *changes, *erased]

    def _builds(self) -> list[str]:
        return [f"dvc.lock and the reports: those of {self.builds.side}"] if self.builds.side else []

    def _left(self) -> list[str]:
        """Return what a person must do; nothing when all is settled."""
        lines, questions = [], self._questions()
        if questions:
            lines.append(f"to decide, {len(questions)} cells or rows of data/labels.csv:")
            lines += [f"  {_told(question)}" for question in questions[:_MAX_SHOWN]]
            lines += [f"  and {len(questions) - _MAX_SHOWN} more"] if len(questions) > _MAX_SHOWN else []
            lines += _DECIDE
        if self.labels and self.labels.edits:
            name = "data/labels.csv" if self.labels.tracker == "git" else "data/labels.csv.dvc"
            lines.append(f"{name}, which is in no conflict, is not what the sides merge to: {self.labels.edits}")
            lines.append(f"  git commit keeps it; to take the merge, delete {name} and run winnow merge again")
        lines += self.parts.problems() if self.parts else []
        if self.conflicted:
            lines.append(f"still in conflict, for people: {', '.join(self.conflicted)}")
        return lines

    def _next(self) -> list[str]:
        go_on, stale = self.operation.go_on, self.builds.stale
        if not (stale or self.builds.side):
            return [f"all is settled and staged; next: {go_on}"]
        why = f" ({', '.join(stale)} ran on other data)" if stale else ""
        return [f"all is settled and staged; next: {go_on}", f"must run again: dvc repro --pull{why}"]


def _told(question: Question) -> str:
    sides = (("ours", question.ours), ("theirs", question.theirs))
    wants = [f"{side} removed it" if value is None else f"{side} {value!r}" for side, value in sides]
    # As Python writes it: a name may hold anything, control characters of the terminal too.
    name = f" {question.name!r}" if question.name else ""
    return f"{question.id}{name}: {question.column}: {', '.join(wants)}"
