"""The three-way merge of `labels.csv`, by row and by cell, on whole columns.

A cell that one side changed takes that change; a row that one side added or removed is added or removed. The same cell
changed differently, or a row changed here and removed there, is a question: a person decides.
"""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from winnow.data.labels import COLUMNS, Labels

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Question:
    """What the sides want of one image. A value is None where that side removed the row."""

    id: str
    name: str
    column: str
    ours: str | None
    theirs: str | None


@dataclass(frozen=True)
class Merged:
    """The result of a merge."""

    labels: Labels
    """Where there is a question, with what the decider says: ours, if there is none."""

    questions: list[Question]
    """Sorted by id; all of them, the decided ones too."""


def merge_rows(base: Labels, ours: Labels, theirs: Labels, *, decider: Labels | None = None) -> Merged:
    """Return the merge of two descendants of `base`; where they contradict each other, what `decider` says.

    Without contradictions the sides are exchangeable.
    """
    rows = _Rows(base, ours, theirs)
    every = dict.fromkeys([*COLUMNS[1:], *base.further, *ours.further, *theirs.further])
    say = Stretched(ours if decider is None else decider, rows.ids)
    cells = {name: rows.merge_column(name, say) for name in every}
    has_removal_question = rows.is_removed_and_changed
    # A row is there if both sides have it, or one has added it, or changed what the other removed and it is to stay.
    keep = (rows.in_ours & rows.in_theirs) | (rows.in_one & ~rows.in_base) | has_removal_question
    is_asked = np.logical_or.reduce([has_removal_question, *(asked for _, asked in cells.values())])
    keep &= ~is_asked | say.present
    filled = {name for name, (column, _) in cells.items() if _has_values(column, keep)}
    columns = (*COLUMNS[1:], *_further(base, ours, theirs, filled))
    table = pa.table({"id": rows.ids, **{name: cells[name][0] for name in columns}})
    questions = [
        *rows.removal_questions(),
        *(each for name, (_, asked) in cells.items() for each in rows.cell_questions(name, asked)),
    ]
    questions.sort(key=lambda question: (question.id, question.column not in COLUMNS, question.column))
    return Merged(Labels(table.filter(pa.array(keep)).combine_chunks()), questions)


class _Rows:
    """The rows of three tables side by side, one line an id of any of them."""

    def __init__(self, base: Labels, ours: Labels, theirs: Labels) -> None:
        every = pa.concat_tables([side.table.select(["id"]) for side in (base, ours, theirs)])["id"]
        self.ids = pc.unique(every).sort()
        self.base, self.ours, self.theirs = (Stretched(side, self.ids) for side in (base, ours, theirs))
        self.in_base, self.in_ours, self.in_theirs = self.base.present, self.ours.present, self.theirs.present
        self.in_one = self.in_ours ^ self.in_theirs

    @cached_property
    def is_removed_and_changed(self) -> Mask:
        """Rows of the base that one side removed and the other changed.

        A column that is new or gone on the other side changes no row: filling it in for all rows would turn every
        removal into a question.
        """
        changed = np.zeros(len(self.ids), bool)
        for side in (self.ours, self.theirs):
            both = [name for name in self.base.names if name in side.names]
            cells = [differs(side.column(name), self.base.column(name)) for name in both]
            changed |= side.present & np.logical_or.reduce(cells)
        return changed & self.in_one & self.in_base

    def merge_column(self, name: str, decider: "Stretched") -> tuple[pa.Array, Mask]:
        """Return the merged cells, and where both sides have the row and want different things of this cell."""
        base, ours, theirs = (side.column(name) for side in (self.base, self.ours, self.theirs))
        ours_changed, theirs_changed = differs(ours, base), differs(theirs, base)
        is_asked = self.in_ours & self.in_theirs & ours_changed & theirs_changed & differs(ours, theirs)
        takes_theirs = self.in_theirs & (~self.in_ours | (theirs_changed & ~ours_changed))
        merged = pc.if_else(pa.array(takes_theirs), theirs, ours)
        is_decided = is_asked | (self.is_removed_and_changed & decider.present)
        return pc.if_else(pa.array(is_decided), decider.column(name), merged), is_asked

    def cell_questions(self, name: str, is_asked: Mask) -> list[Question]:
        """Return the questions of one column."""
        where = pa.array(np.flatnonzero(is_asked))
        columns = [self.ids, *(side.column(each) for side, each in self._shown(name))]
        chosen = (column.take(where).to_pylist() for column in columns)
        return [
            Question(image, name_here or name_there, name, ours, theirs)
            for image, name_here, name_there, ours, theirs in zip(*chosen, strict=True)
        ]

    def _shown(self, name: str) -> list[tuple["Stretched", str]]:
        return [(self.ours, "name"), (self.theirs, "name"), (self.ours, name), (self.theirs, name)]

    def removal_questions(self) -> list[Question]:
        """Return the questions of rows that one side changed and the other removed, told by the first changed cell."""
        questions = []
        for row in np.flatnonzero(self.is_removed_and_changed).tolist():
            side = self.ours if self.in_ours[row] else self.theirs
            both = [name for name in self.base.names if name in side.names]
            column = next(name for name in both if side.cell(name, row) != self.base.cell(name, row))
            ours, theirs = (has.cell(column, row) if has.present[row] else None for has in (self.ours, self.theirs))
            questions.append(Question(self.ids[row].as_py(), side.cell("name", row), column, ours, theirs))
        return questions


class Stretched:
    """One table, stretched to the ids of all: cells of rows and columns that it lacks are empty."""

    def __init__(self, labels: Labels, ids: pa.Array) -> None:
        self.names = [name for name in labels.table.column_names if name != "id"]
        self._table = labels.table
        self._place = pc.index_in(ids, value_set=labels.table["id"].combine_chunks())
        self._columns: dict[str, pa.Array] = {}
        self.present: Mask = self._place.is_valid().to_numpy(zero_copy_only=False)

    def column(self, name: str) -> pa.Array:
        """Return a column, one cell an id."""
        if name not in self._columns:
            self._columns[name] = self._stretched(name)
        return self._columns[name]

    def cell(self, name: str, row: int) -> str:
        """Return one cell."""
        return str(self.column(name)[row].as_py())

    def _stretched(self, name: str) -> pa.Array:
        if name not in self.names:
            return pa.array([""]).take(pa.array(np.zeros(len(self._place), np.int8)))
        return pc.fill_null(self._table[name].combine_chunks().take(self._place), "")


def differs(one: pa.Array, other: pa.Array) -> Mask:
    """Return where two columns differ."""
    different: Mask = pc.not_equal(one, other).to_numpy(zero_copy_only=False)
    return different


def _has_values(cells: pa.Array, keep: Mask) -> bool:
    return bool(pc.any(pc.not_equal(cells.filter(pa.array(keep)), "")).as_py())


def _further(base: Labels, ours: Labels, theirs: Labels, filled: Collection[str]) -> list[str]:
    """Return the further columns in their order: that of the side which changed them, if it was one.

    A column that a side dropped stays if it is not empty: the other side has filled it in.
    """
    dropped = [name for name in base.further if not (name in ours.further and name in theirs.further)]
    if not any(name in filled for name in dropped):
        if ours.further in (base.further, theirs.further):
            return theirs.further
        if theirs.further == base.further:
            return ours.further
    added = sorted({*ours.further, *theirs.further} - set(base.further))
    return [*(name for name in base.further if name not in dropped or name in filled), *added]
