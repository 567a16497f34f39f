"""The tables of the record, counted column by column: no loop over images."""

from collections import Counter, defaultdict
from typing import get_args

import pyarrow as pa
import pyarrow.compute as pc

from winnow.changes.pairing import Pairing
from winnow.changes.record import (
    ClassChange,
    Columns,
    Counts,
    Images,
    Leaks,
    Moved,
    Regrouped,
    Relabelled,
    Setting,
    Side,
    Split,
    SplitChange,
    Transition,
)
from winnow.changes.snapshot import DEALT, Snapshot
from winnow.data.labels import class_names

_SPLITS: tuple[Split, ...] = get_args(Split)
_JUDGED = ("val", "test", "vault")


def side(snapshot: Snapshot) -> Side:
    """Return the extent of a revision."""
    num_unlabelled = pc.sum(pc.equal(snapshot.rows["label"], "")).as_py() or 0
    return Side(
        num_images=len(snapshot.labels), num_unlabelled=num_unlabelled, num_classes=len(class_names(snapshot.labels))
    )


def images(rows: pa.Table, max_examples: int) -> Images:
    """Return how many rows there are, and a few of their ids."""
    return Images(count=rows.num_rows, examples=_examples(rows, max_examples))


def class_changes(pairing: Pairing) -> list[ClassChange]:
    """Return what happened to each class that changed, the most changed first."""
    is_other = pairing.changed("label")
    tables = {
        "before": pairing.before.rows,
        "after": pairing.after.rows,
        "added": pairing.added,
        "removed": pairing.removed,
        "relabelled_in": pairing.kept_after.filter(is_other),
        "relabelled_out": pairing.kept_before.filter(is_other),
    }
    counts = {name: _by_class_and_split(table) for name, table in tables.items()}
    labels = sorted(set(counts["before"]) | set(counts["after"]))
    changes = [
        ClassChange(label=label, **{name: of_class.get(label, {}) for name, of_class in counts.items()})
        for label in labels
    ]
    return sorted((change for change in changes if _size(change) > 0), key=_size, reverse=True)


def _size(change: ClassChange) -> int:
    moves = (change.added, change.removed, change.relabelled_in, change.relabelled_out)
    # Images that only went to another split: they left one and joined another.
    dealt = sum(abs(change.after.get(split, 0) - change.before.get(split, 0)) for split in _SPLITS)
    return sum(sum(counts.values()) for counts in moves) or dealt


def split_changes(pairing: Pairing) -> list[SplitChange]:
    """Return what happened to each split that has images on either side."""
    moved = pairing.changed(DEALT)
    tables = {
        "before": pairing.before.rows,
        "after": pairing.after.rows,
        "added": pairing.added,
        "removed": pairing.removed,
        "moved_in": pairing.kept_after.filter(moved),
        "moved_out": pairing.kept_before.filter(moved),
    }
    counts = {name: _counts(table[DEALT]) for name, table in tables.items()}
    return [
        SplitChange(split=split, **{name: of_split[split] for name, of_split in counts.items()})
        for split in _SPLITS
        if counts["before"][split] or counts["after"][split]
    ]


def relabelled(pairing: Pairing, max_examples: int) -> Relabelled:
    """Return the images with another label."""
    before, after = _both(pairing, pairing.changed("label"))
    return Relabelled(
        count=after.num_rows,
        examples=_examples(after, max_examples),
        transitions=_transitions(before["label"], after["label"]),
    )


def moved(pairing: Pairing, max_examples: int) -> Moved:
    """Return the images that are labelled in both revisions and dealt to another split."""
    is_labelled = pc.and_(pc.not_equal(pairing.kept_before["label"], ""), pc.not_equal(pairing.kept_after["label"], ""))
    before, after = _both(pairing, pc.and_(is_labelled, pairing.changed(DEALT)))
    return Moved(
        count=after.num_rows,
        examples=_examples(after, max_examples),
        num_groups=_num_groups(after),
        transitions=_transitions(before[DEALT], after[DEALT]),
    )


def regrouped(pairing: Pairing, max_examples: int) -> Regrouped:
    """Return the images with another group."""
    before, after = _both(pairing, pairing.changed("group"))
    return Regrouped(
        count=after.num_rows,
        examples=_examples(after, max_examples),
        num_groups_before=_num_groups(before),
        num_groups_after=_num_groups(after),
    )


def repinned(pairing: Pairing, max_examples: int) -> Images:
    """Return the images with another pin."""
    return images(pairing.kept_after.filter(pairing.changed("split")), max_examples)


def settings(pairing: Pairing) -> list[Setting]:
    """Return the keys that deal images to splits and that differ."""
    before, after = pairing.before.data, pairing.after.data
    if before is None or after is None:
        return []
    values = ((key, getattr(before, key), getattr(after, key)) for key in type(after).model_fields)
    return [Setting(key=key, before=old, after=new) for key, old, new in values if old != new]


def columns(pairing: Pairing) -> Columns:
    """Return further columns that came or went, and the number of other values in those that stayed."""
    before, after = pairing.before.labels.further, pairing.after.labels.further
    changed = {"name": pc.sum(pairing.changed("name")).as_py() or 0}
    changed |= {column: pairing.num_changed_further(column) for column in after if column in before}
    return Columns(
        added=[column for column in after if column not in before] if pairing.before.data else [],
        removed=[column for column in before if column not in after],
        changed={column: count for column, count in changed.items() if count},
    )


def leaks(pairing: Pairing, max_examples: int) -> Leaks:
    """Return groups that newly span splits, and images that judge now and were trained on."""
    torn_before, torn_after = (_torn_groups(one.rows) for one in (pairing.before, pairing.after))
    torn = torn_after.filter(pc.invert(pc.is_in(torn_after, value_set=torn_before)))
    rows = pairing.after.rows
    judges = pc.is_in(pairing.kept_after[DEALT], value_set=pa.array(_JUDGED))
    trained = pc.equal(pairing.kept_before[DEALT], "train")
    return Leaks(
        torn_groups=len(torn),
        torn=_examples(rows.filter(pc.is_in(rows["group"], value_set=torn)), max_examples),
        trained_before=pc.sum(pc.and_(judges, trained)).as_py() or 0,
    )


def _torn_groups(rows: pa.Table) -> pa.Array:
    """Return the groups whose labelled images are in more than one split (check D105)."""
    grouped = rows.filter(pc.and_(pc.not_equal(rows["group"], ""), pc.not_equal(rows["label"], "")))
    splits = grouped.group_by("group").aggregate([(DEALT, "count_distinct")])
    torn = splits.filter(pc.greater(splits[f"{DEALT}_count_distinct"], 1))["group"]
    return torn.combine_chunks()


def _both(pairing: Pairing, mask: pa.ChunkedArray) -> tuple[pa.Table, pa.Table]:
    return pairing.kept_before.filter(mask), pairing.kept_after.filter(mask)


def _examples(rows: pa.Table, max_examples: int) -> list[str]:
    ids: list[str] = rows["id"][:max_examples].to_pylist()
    return ids


def _counts(values: pa.ChunkedArray) -> Counter[str]:
    return Counter({row["values"]: row["counts"] for row in pc.value_counts(values).to_pylist()})


def _by_class_and_split(rows: pa.Table) -> dict[str, Counts]:
    """Return the images of each label by split, in the usual order of splits."""
    table = rows.group_by(["label", DEALT]).aggregate([([], "count_all")])
    counts: defaultdict[str, Counts] = defaultdict(dict)
    for split in _SPLITS:
        here = table.filter(pc.equal(table[DEALT], split))
        for label, count in zip(here["label"].to_pylist(), here["count_all"].to_pylist(), strict=True):
            counts[label][split] = count
    return counts


def _transitions(before: pa.ChunkedArray, after: pa.ChunkedArray) -> list[Transition]:
    pairs = pa.table({"before": before, "after": after}).group_by(["before", "after"]).aggregate([([], "count_all")])
    pairs = pairs.sort_by([("count_all", "descending"), ("before", "ascending"), ("after", "ascending")])
    return [Transition(before=row["before"], after=row["after"], count=row["count_all"]) for row in pairs.to_pylist()]


def _num_groups(rows: pa.Table) -> int:
    return int(pc.count_distinct(rows["group"].filter(pc.not_equal(rows["group"], ""))).as_py())
