"""What a side did to the labels since the base, in numbers."""

from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from winnow.data.labels import Labels
from winnow.merging.rows import Mask, Stretched, differs


@dataclass(frozen=True)
class Changes:
    """Numbers of rows; one row may count in several of the last four."""

    added: int = 0
    removed: int = 0
    relabelled: int = 0
    regrouped: int = 0
    pinned: int = 0
    """To a split, or set free."""

    otherwise_changed: int = 0
    """In their name or a further column."""

    def __bool__(self) -> bool:
        return any(getattr(self, each.name) for each in fields(self))

    def __str__(self) -> str:
        counts = [(getattr(self, each.name), each.name.replace("_", " ")) for each in fields(self)]
        return ", ".join(f"{count} {what}" for count, what in counts if count) or "nothing"


def count_changes(before: Labels, after: Labels) -> Changes:
    """Return how the rows of `after` differ from those of `before`."""
    every = pa.concat_tables([side.table.select(["id"]) for side in (before, after)])["id"]
    ids = pc.unique(every)
    old, new = Stretched(before, ids), Stretched(after, ids)
    both = old.present & new.present

    def changed(names: list[str]) -> int:
        masks: list[Mask] = [differs(old.column(name), new.column(name)) for name in names]
        return int((both & np.logical_or.reduce(masks)).sum())

    return Changes(
        added=int((new.present & ~old.present).sum()),
        removed=int((old.present & ~new.present).sum()),
        relabelled=changed(["label"]),
        regrouped=changed(["group"]),
        pinned=changed(["split"]),
        otherwise_changed=changed(["name", *dict.fromkeys([*before.further, *after.further])]),
    )
