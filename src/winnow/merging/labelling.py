"""The merge of `data/labels.csv`, whether Git tracks it or DVC: what the sides say, and what stands already.

The full tables of three commits are merged, not the conflict markers that Git left. Where the file is in no conflict
(any more), a person or Git has settled it: then it decides the questions, and nothing that it says is overwritten.
"""

import io
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from winnow.data.labels import Labels, parse_labels, read_labels, write_labels
from winnow.errors import InputError
from winnow.files import write_bytes, write_text
from winnow.merging.account import Changes, count_changes
from winnow.merging.operation import Operation, Side
from winnow.merging.pointers import recorded_md5, texts
from winnow.merging.rows import Merged, merge_rows
from winnow.merging.staging import conflicted, files_at, name_of, stage, unstage
from winnow.project import Project
from winnow.repository.dvc import md5_bytes, md5_file, rewritten
from winnow.repository.listings import open_objects
from winnow.repository.revisions import read_tracked_at

Tracker = Literal["git", "dvc"]


@dataclass(frozen=True)
class LabelMerge:
    """The labels of three commits without erased images, and their merge."""

    tracker: Tracker
    base: Labels
    ours: Labels
    theirs: Labels
    merged: Merged
    is_decided: bool
    """Whether no question is open."""

    edits: Changes
    """What the file says that the merge does not: a person's later changes, or one side taken whole. It stays then."""

    wanted: pa.Array
    """Ids that have a row in the merge or in the file, however the questions are decided: their images must stay."""

    @property
    def is_settled(self) -> bool:
        """Whether the merge can be written."""
        return self.is_decided and not self.edits


def merge_labels(project: Project, operation: Operation, erased: set[str], prefer: Side | None) -> LabelMerge | None:
    """Return the merge of the three commits' labels, None where neither side has any.

    Questions are decided by `prefer`, else by the file if it is in no conflict. Raises InputError when a table is
    malformed or cannot be fetched, or when the file has changes that DVC does not know.
    """
    commits = {"base": operation.base, "ours": operation.ours, "theirs": operation.theirs}
    contents = {side: commit and read_tracked_at(project, commit, project.labels) for side, commit in commits.items()}
    if not (contents["ours"] or contents["theirs"]):
        return None
    tracker = _tracker(project, operation)
    sides = {
        side: _parse(content or b"", f"labels.csv of {side}").without(erased) for side, content in contents.items()
    }
    base, ours, theirs = sides["base"], sides["ours"], sides["theirs"]
    if tracker == "dvc":
        _require_known(project, [content for content in contents.values() if content])
    standing = _standing(project, tracker)
    if standing is not None:
        standing = standing.without(erased)
    merged = merge_rows(base, ours, theirs, decider=standing)
    edits = Changes() if standing is None else count_changes(merged.labels, standing)
    if prefer and not edits:
        merged = merge_rows(base, ours, theirs, decider=ours if prefer == "ours" else theirs)
    is_decided = not merged.questions or prefer is not None or standing is not None
    asked = pa.array([question.id for question in merged.questions], pa.string())
    listed = [side.table["id"].combine_chunks() for side in (merged.labels, standing) if side is not None]
    return LabelMerge(tracker, base, ours, theirs, merged, is_decided, edits, pa.concat_arrays([*listed, asked]))


def settle_labels(project: Project, operation: Operation, merge: LabelMerge) -> None:
    """Write and stage the merged labels, for Git or for DVC."""
    staging = project.staging / project.labels.name
    write_labels(staging, merge.merged.labels)
    content = staging.read_bytes()
    if merge.tracker == "dvc":
        # Before the table: after a kill it is one that DVC knows, whichever it is.
        _write_pointer(project, operation, content)
        write_bytes(project.labels, content)
        stage(project, project.labels_dvc)
        unstage(project, project.labels)
    else:
        write_bytes(project.labels, content)
        stage(project, project.labels)
        unstage(project, project.labels_dvc)
        project.labels_dvc.unlink(missing_ok=True)


def _write_pointer(project: Project, operation: Operation, content: bytes) -> None:
    with open_objects(project) as objects:
        values = {"md5": objects.write(content), "size": len(content)}
    before = texts(project, operation, project.labels_dvc)
    write_text(project.labels_dvc, rewritten(before["ours"] or before["theirs"], values, project.labels))


def _tracker(project: Project, operation: Operation) -> Tracker:
    """Return who tracks the labels after the merge: whoever the side that changed it chose."""
    name = name_of(project, project.labels_dvc)
    base, ours, theirs = (
        name in files_at(project, commit, [name]) for commit in (operation.base, operation.ours, operation.theirs)
    )
    return "dvc" if (theirs if ours == base else ours) else "git"


def _standing(project: Project, tracker: Tracker) -> Labels | None:
    """Return the labels that a person or Git has settled; None while they are in conflict, absent or malformed."""
    pointer = project.labels if tracker == "git" else project.labels_dvc
    if {name_of(project, path) for path in (project.labels, project.labels_dvc)} & set(conflicted(project)):
        return None
    if not pointer.exists():
        return None
    try:
        if tracker == "git":
            return read_labels(project.labels)
        md5 = recorded_md5(project.labels_dvc)
    except InputError:
        return None
    with open_objects(project) as objects:
        return _parse(objects.read(md5, "labels.csv as it is staged"), "labels.csv as it is staged")


def _require_known(project: Project, contents: list[bytes]) -> None:
    """Raise unless the file in the work tree is one that DVC has: Git would not bring it back."""
    name = name_of(project, project.labels)
    if not project.labels.exists() or name in conflicted(project) or name in files_at(project, "HEAD", [name]):
        return
    known = {md5_bytes(content) for content in contents}
    if md5_file(project.labels) not in known | _recorded(project):
        raise InputError(
            f"{project.labels} has changes that DVC does not know",
            hint="dvc add data/labels.csv keeps them, dvc checkout data/labels.csv.dvc takes them back",
        )


def _recorded(project: Project) -> set[str]:
    try:
        return {recorded_md5(project.labels_dvc)}
    except InputError:
        return set()


def _parse(content: bytes, source: str) -> Labels:
    return parse_labels(io.BytesIO(content), source) if content else Labels.empty()
