"""What checks look at: counts and ids, what the pictures look like, which are alike, and what a model says of them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from winnow.checks.opinions import Opinions
from winnow.checks.pictures import Pictures
from winnow.data.prepared import SPLITS
from winnow.gate_config import Sensitivity

SEEN = ("train", "val", "test", "held_out")
"""The splits whose pictures are looked at: nothing touches the vault."""


@dataclass(frozen=True)
class Facts:
    """A data set, after it was dealt to splits. What is None is not known: checks that need it stay silent."""

    index: pa.Table
    """`id, label, group, split, part, row` of the labelled images; part is null where the bytes are missing."""

    num_unlabelled: int
    near_duplicates: list[tuple[str, str]] = field(default_factory=list)
    """Ids of training images that are held out, and of what each nearly duplicates."""

    pictures: Pictures | None = None
    """What the pictures of the splits in `SEEN` look like."""

    clusters: Sequence[Sequence[int]] | None = None
    """Rows of `index` that show one picture, two or more each: the largest cluster first, ascending within each."""

    sensitivity: Sensitivity | None = None
    """What a comparison of two models on the test images should be able to see."""

    opinions: Opinions | None = None
    """What a model said of validation and test images."""

    def in_splits(self, *splits: str) -> pa.Table:
        """Return the images of these splits, sorted by id."""
        is_in = pc.is_in(self.index["split"], value_set=pa.array(splits, pa.string()))
        return self.index.filter(is_in).combine_chunks()

    def with_held_out(self, is_held_out: pa.ChunkedArray, near_duplicates: list[tuple[str, str]]) -> "Facts":
        """Return the same data set with some images (boolean [N]) in the split `held_out`."""
        split = pc.if_else(is_held_out, "held_out", self.index["split"])
        moved = self.index.set_column(self.index.column_names.index("split"), "split", split)
        return replace(self, index=moved, near_duplicates=near_duplicates)

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
