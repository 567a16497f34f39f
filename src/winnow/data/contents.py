"""The encoded bytes of some images, from whichever parts are on this disk."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from winnow.data.parts import part_ids, read_part


def read_contents(parts: Sequence[Path], ids: Sequence[str]) -> dict[str, bytes]:
    """Return the bytes of those of the images `ids` that lie in `parts`, by id. Only these rows are read."""
    wanted = pa.array(sorted(set(ids)), pa.string())
    found: dict[str, bytes] = {}
    for part in parts:
        if not pc.any(pc.is_in(part_ids(part), value_set=wanted)).as_py():
            continue
        for batch in read_part(part):
            rows: pa.RecordBatch = batch.select(["id", "bytes"])
            rows = rows.filter(pc.is_in(rows["id"], value_set=wanted))
            found |= zip(rows["id"].to_pylist(), rows["bytes"].to_pylist(), strict=True)
    return found
