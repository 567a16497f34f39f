"""Where each labelled image lies: its part, and the row in it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from winnow.data.labels import Labels
from winnow.data.parts import part_ids, part_name


def locate(labels: Labels, splits: pa.Array, parts: Sequence[Path]) -> pa.Table:
    """Return the rows of `labels` that have a label: `id, label, group, split, part, row`, sorted by id.

    `splits` [N] is the split of each row of `labels`. `part` and `row` are null where no part holds the image. An
    image that was removed and added again may lie in two parts: the first by name counts.
    """
    ids = [part_ids(part) for part in parts]
    sizes = [len(own) for own in ids]
    part_of = np.repeat(np.arange(len(parts), dtype=np.int32), sizes)
    row_of = np.concatenate([np.arange(size, dtype=np.uint32) for size in sizes] or [np.empty(0, np.uint32)])
    table = labels.table.select(["id", "label", "group"]).append_column("split", splits)
    table = table.filter(pc.not_equal(table["label"], "")).combine_chunks()
    place = pc.index_in(table["id"], value_set=pa.concat_arrays([pa.array([], pa.string()), *ids]))
    names = pa.array([part_name(part) for part in parts], pa.string())
    return table.append_column("part", names.take(pa.array(part_of).take(place))).append_column(
        "row", pa.array(row_of).take(place)
    )
