"""What checks look at: counts and ids, no pixels."""

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from winnow.data.prepared import SPLITS


@dataclass(frozen=True)
class Facts:
    """A data set, after it was dealt to splits."""

    index: pa.Table
    """`id, label, group, split, part, row` of the labelled images; part is null where the bytes are missing."""

    num_unlabelled: int
    near_duplicates: list[tuple[str, str]] = field(default_factory=list)
    """Ids of training images that are held out, and of what each nearly duplicates."""

    def in_splits(self, *splits: str) -> pa.Table:
        """Return the images of these splits, sorted by id."""
        is_in = pc.is_in(self.index["split"], value_set=pa.array(splits, pa.string()))
        return self.index.filter(is_in).combine_chunks()

    def with_held_out(self, is_held_out: pa.ChunkedArray, near_duplicates: list[tuple[str, str]]) -> "Facts":
        """Return the same data set with some images (boolean [N]) in the split `held_out`."""
        split = pc.if_else(is_held_out, "held_out", self.index["split"])
        moved = self.index.set_column(self.index.column_names.index("split"), "split", split)
        return Facts(moved, self.num_unlabelled, near_duplicates)

    @cached_property
    def counts(self) -> dict[str, Counter[str]]:
        """Images by label, then split."""
        table = self.index.group_by(["label", "split"]).aggregate([("id", "count")])
        counts: dict[str, Counter[str]] = {
            label: Counter() for label in sorted(pc.unique(self.index["label"]).to_pylist())
        }
        for row in table.to_pylist():
            counts[row["label"]][row["split"]] = row["id_count"]
        return counts

    def labels_without(self, split: str) -> list[str]:
        """Return the classes that have no image in `split`."""
        return [label for label, count in self.counts.items() if not count[split]]

    def num_in(self, split: str) -> int:
        """Return the images of a split."""
        return sum(count[split] for count in self.counts.values())

    @cached_property
    def split_counts(self) -> dict[str, int]:
        """Images by split, every split named."""
        return {split: self.num_in(split) for split in SPLITS}
