"""The predictions of a batch: Parquet files of so many rows each, one row a file of the source, in its order.

Columns: `path`, `id`, `label` (the most probable class), `probability` (its), `refused` (check and reason, empty for an
image), and `prob_<class>` (float32) for every class. A refused file has no label and no probabilities. Metadata as in
`predictions.parquet`. A file that is there is whole: it is written beside its place and renamed.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from winnow.evaluation.predictions import PREFIX
from winnow.evaluation.reading import Images
from winnow.files import replacing
from winnow.schema import stamp

_TEXTS = ("path", "id", "label", "refused")
_GROUP_BYTES = 16_000_000
_GROUP_ROWS = 1 << 16
_CHECK_DIGITS = 4


def shard_path(folder: Path, number: int) -> Path:
    """Return where shard `number` lies."""
    return folder / f"predictions-{number:05}.parquet"


def shard_paths(folder: Path) -> list[Path]:
    """Return the shards that are there, in order."""
    return sorted(folder.glob("predictions-[0-9]*.parquet"))


class ShardWriter:
    """Appends images and their probabilities to a shard; what it holds does not grow with the shard."""

    def __init__(self, writer: pq.ParquetWriter, classes: Sequence[str]) -> None:
        self._writer = writer
        self._classes = pa.array(classes, pa.string())
        self._group_rows = min(_GROUP_ROWS, max(1, _GROUP_BYTES // (4 * len(classes))))
        self._tables: list[pa.Table] = []
        self._num_rows = 0

    def add(self, images: Images, probabilities: NDArray[np.float32]) -> None:
        """Append entries in their order; `probabilities` is [images that were not refused, K]."""
        is_image = np.array([not reason for reason in images.refused], dtype=bool)
        # Where a row's probabilities are; nowhere for a refused file, which Arrow's `take` makes a null.
        rows = pa.array(np.cumsum(is_image) - 1, mask=~is_image)
        label = self._classes.take(pa.array(probabilities.argmax(axis=1), pa.int64())).take(rows)
        texts = [
            pa.array(images.names, pa.string()),
            pa.array(images.ids, pa.string()),
            label,
            pa.array(images.refused, pa.string()),
        ]
        highest = pa.array(probabilities.max(axis=1, initial=0)).take(rows)
        columns = [pa.array(np.ascontiguousarray(column)).take(rows) for column in probabilities.T]
        table = [*texts[:3], highest, texts[3], *columns]
        self._tables.append(pa.Table.from_arrays(table, schema=self._writer.schema))
        self._num_rows += len(images.names)
        if self._num_rows >= self._group_rows:
            self.flush()

    def flush(self) -> None:
        """Write what was gathered as a row group."""
        if self._num_rows:
            self._writer.write_table(pa.concat_tables(self._tables), row_group_size=self._num_rows)
        self._tables, self._num_rows = [], 0


@contextmanager
def writing(path: Path, classes: Sequence[str]) -> Iterator[ShardWriter]:
    """Yield a writer of the shard at `path`, which appears when the block has ended well."""
    names = [PREFIX + label for label in classes]
    fields = [(name, pa.string()) for name in _TEXTS[:3]] + [("probability", pa.float32()), ("refused", pa.string())]
    metadata = stamp({"labels": json.dumps(list(classes), ensure_ascii=False)})
    schema = pa.schema(
        [*fields, *((name, pa.float32()) for name in names)], {key: str(value) for key, value in metadata.items()}
    )
    options = {"compression": "zstd", "use_dictionary": list(_TEXTS[1:]), "write_statistics": False}
    options["use_byte_stream_split"] = ["probability", *names]
    with replacing(path) as temporary, pq.ParquetWriter(temporary, schema, **options) as writer:
        shard = ShardWriter(writer, classes)
        yield shard
        shard.flush()


def is_whole(path: Path, num_rows: int) -> bool:
    """Return whether there is a shard of so many rows. One that a disk has spoilt is not: it is made again."""
    try:
        return bool(pq.read_metadata(path).num_rows == num_rows)
    except (OSError, pa.ArrowInvalid):
        return False


def count(folder: Path) -> tuple[Counter[str], Counter[str]]:
    """Return how many images each class has, and how many files each check refused, over all shards."""
    labels: Counter[str] = Counter()
    checks: Counter[str] = Counter()
    for path in shard_paths(folder):
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(_GROUP_ROWS, columns=["label", "refused"]):
                for entry in batch["label"].drop_null().value_counts().to_pylist():
                    labels[entry["values"]] += entry["counts"]
                checks.update(reason[:_CHECK_DIGITS] for reason in batch["refused"].to_pylist() if reason)
    return labels, checks
