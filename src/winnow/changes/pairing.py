"""The rows of two revisions, matched by id: what is only here, only there, and in both."""

from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from winnow.changes.snapshot import Snapshot


@dataclass(frozen=True)
class Pairing:
    """Two revisions of a data set."""

    before: Snapshot
    after: Snapshot

    @cached_property
    def added(self) -> pa.Table:
        """Rows of images that only the later revision has."""
        return self.after.rows.filter(pc.is_null(self._place))

    @cached_property
    def removed(self) -> pa.Table:
        """Rows of images that only the earlier revision has."""
        is_here = pc.is_in(self.before.rows["id"], value_set=self.after.rows["id"].combine_chunks())
        return self.before.rows.filter(pc.invert(is_here))

    @cached_property
    def kept_before(self) -> pa.Table:
        """Rows [K] of images that both have, as they were."""
        return self.before.rows.take(self._kept_place)

    @cached_property
    def kept_after(self) -> pa.Table:
        """The same images [K], as they are."""
        return self.after.rows.filter(pc.is_valid(self._place))

    def changed(self, column: str) -> pa.ChunkedArray:
        """Return which of the kept images have another value in a column of `Snapshot.rows`, boolean [K]."""
        return pc.not_equal(self.kept_before[column], self.kept_after[column])

    def num_changed_further(self, column: str) -> int:
        """Return how many of the kept images have another value in a further column of both."""
        old = self.before.labels.table[column].take(self._kept_place)
        new = self.after.labels.table[column].filter(pc.is_valid(self._place))
        return int(pc.sum(pc.not_equal(old, new)).as_py() or 0)

    @cached_property
    def _place(self) -> pa.ChunkedArray:
        """Where each later image is among the earlier ones, null for nowhere."""
        return pc.index_in(self.after.rows["id"], value_set=self.before.rows["id"].combine_chunks())

    @cached_property
    def _kept_place(self) -> pa.Array:
        return self._place.drop_null().combine_chunks()
