"""What the images are like as they came: format, mode, width and height, from the parts' small columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from winnow.data.parts import part_name, read_part

_COLUMNS = ["mode", "format", "width", "height"]


@dataclass(frozen=True)
class Originals:
    """N images, in the order of an index."""

    width: NDArray[np.uint32]
    """[N], pixels."""

    height: NDArray[np.uint32]
    """[N], pixels."""

    mode: pa.DictionaryArray
    """[N], Pillow's names."""

    format: pa.DictionaryArray
    """[N], Pillow's names."""


def read_originals(index: pa.Table, parts: Sequence[Path]) -> Originals:
    """Return what the parts say of the images in `index` (columns part and row), whose bytes are all here.

    No image is read: only a few bytes a row of each part are.
    """
    place = pc.index_in(index["part"], value_set=pa.array([part_name(part) for part in parts], pa.string()))
    places, rows = place.to_numpy(), index["row"].to_numpy()
    order = np.argsort(places, kind="stable")
    ends = np.searchsorted(places[order], np.arange(len(parts)), side="right")
    here = np.split(rows[order], ends[:-1]) if parts else []
    tables = [_read(part, own) for part, own in zip(parts, here, strict=True)]
    table = pa.concat_tables([_SCHEMA.empty_table(), *tables]).unify_dictionaries()
    table = table.take(pa.array(np.argsort(order))).combine_chunks()
    width, height = (table[name].to_numpy() for name in ("width", "height"))
    return Originals(width, height, *(_whole(table[name]) for name in ("mode", "format")))


_NAME = pa.dictionary(pa.int32(), pa.string())
_SCHEMA = pa.schema([("mode", _NAME), ("format", _NAME), ("width", pa.uint32()), ("height", pa.uint32())])


def _read(part: Path, rows: NDArray[np.uint32]) -> pa.Table:
    columns = pa.Table.from_batches(batch.select(_COLUMNS) for batch in read_part(part))
    return columns.take(pa.array(rows)).cast(_SCHEMA)


def _whole(column: pa.ChunkedArray) -> Any:
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
