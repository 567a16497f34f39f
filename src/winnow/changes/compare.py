"""Two revisions of a data set in, the record of what changed out."""

from dataclasses import dataclass

from winnow.changes import tables
from winnow.changes.pairing import Pairing
from winnow.changes.parts import compare_bytes, compare_parts, num_untracked
from winnow.changes.record import MAX_EXAMPLES, DataDiff
from winnow.changes.reports import compare_reports
from winnow.changes.snapshot import at_commit, working_tree
from winnow.data.labels import class_names
from winnow.disclosure import read_disclosure
from winnow.project import Project
from winnow.repository.git import merge_base, resolve


@dataclass(frozen=True)
class Comparison:
    """The record, and the rows behind it: pages for this disk show more than the record may hold."""

    record: DataDiff
    pairing: Pairing


def compare(project: Project, revision: str, *, from_merge_base: bool = False) -> Comparison:
    """Compare the working tree with `revision`, or with the commit at which HEAD and `revision` parted.

    Raises UsageError for a revision that does not exist, InputError where the labels of a side cannot be read. What
    else cannot be known is told in its place in the record.
    """
    commit = merge_base(project, revision) if from_merge_base else resolve(project, revision)
    name = f"the merge base of {revision}" if from_merge_base else revision
    pairing = Pairing(at_commit(project, name, commit), working_tree(project))
    return Comparison(_record(project, pairing, name, commit), pairing)


def _record(project: Project, pairing: Pairing, name: str, commit: str) -> DataDiff:
    before, after = pairing.before, pairing.after
    disclosure = read_disclosure(project)
    limit = MAX_EXAMPLES if disclosure.may_show_ids else 0
    classes_before, classes_after = set(class_names(before.labels)), set(class_names(after.labels))
    return DataDiff(
        revision=name,
        commit=commit,
        disclose=disclosure.level,
        before=tables.side(before),
        after=tables.side(after),
        splits=tables.split_changes(pairing),
        new_classes=sorted(classes_after - classes_before),
        vanished_classes=sorted(classes_before - classes_after),
        classes=tables.class_changes(pairing),
        added=tables.images(pairing.added, limit),
        removed=tables.images(pairing.removed, limit),
        relabelled=tables.relabelled(pairing, limit),
        moved=tables.moved(pairing, limit),
        regrouped=tables.regrouped(pairing, limit),
        repinned=tables.repinned(pairing, limit),
        settings=tables.settings(pairing),
        columns=tables.columns(pairing),
        leaks=tables.leaks(pairing, limit),
        duplicates=compare_reports(before.report, after.report, max_examples=limit),
        bytes=compare_bytes(before.recorded, after.recorded),
        parts=compare_parts(project, before.recorded, after.recorded),
        notes=_notes(project, pairing),
    )


def _notes(project: Project, pairing: Pairing) -> list[str]:
    notes = []
    if pairing.before.data is None:
        notes.append("the data set did not exist there: everything is new")
    if count := num_untracked(project, pairing.after.recorded):
        notes.append(f"parts in data/images that images.dvc does not record yet: {count} (dvc add data/images)")
    return notes
