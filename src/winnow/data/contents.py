"""The rows of some images, their encoded bytes among them, from whichever parts are on this disk."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from winnow.data.parts import part_ids, read_part


def read_contents(parts: Sequence[Path], ids: Sequence[str]) -> dict[str, bytes]:
    """Return the bytes of those of the images `ids` that lie in `parts`, by id. Only these rows are read."""
    wanted = pa.array(sorted(set(ids)), pa.string())
    return {row["id"]: row["bytes"] for row in read_rows(parts, wanted, ["bytes"])}


def read_rows(parts: Sequence[Path], wanted: pa.Array, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield `id` and these columns of each of the `wanted` images that lies in `parts`, once, part by part.

    Only the rows that are asked for are read. Raises as `read_part`.
    """
    seen: set[str] = set()
    for part in parts:
        if not pc.any(pc.is_in(part_ids(part), value_set=wanted)).as_py():
            continue
        for batch in read_part(part):
            rows: pa.RecordBatch = batch.select(["id", *columns])
            for row in rows.filter(pc.is_in(rows["id"], value_set=wanted)).to_pylist():
                # An image that was removed and added again lies in two parts.
                if row["id"] not in seen:
                    seen.add(row["id"])
                    yield row
