"""Prepared data as training and evaluation see it: an index of labelled images, and their pixels by split.

`index.arrow` has one row a labelled image, sorted by id: id, label, group, split, part, row (of the part). Its metadata
carries the spec, channel means, class names and one hash over all of it. It holds no path and no time.
"""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from winnow.data.pixels import Pixels, column_types, pixels_name, variant
from winnow.errors import InputError
from winnow.files import replacing
from winnow.schema import require_stamp, stamp
from winnow.transforms.spec import PreprocessSpec

INDEX = "index.arrow"
SPLITS = ("train", "val", "test", "vault", "held_out")
COLUMNS = ("id", "label", "group", "split", "part", "row")
_SCHEMA = pa.schema([(name, pa.uint32() if name == "row" else pa.string()) for name in COLUMNS])
_BATCH_ROWS = 1 << 16


@dataclass(frozen=True)
class PreparedMeta:
    """What the whole of the prepared data has in common."""

    spec: PreprocessSpec
    mean: list[float]
    """Per channel over the training pixels, black 0 to white 1."""
    std: list[float]
    """As `mean`; 1 for a channel that never varies."""
    labels: list[str]
    """Class names, sorted; a target is a position in this list."""
    data_hash: str
    """64 hex digits over labels, splits, parts and the way pixels are made."""


class Samples:
    """Prepared images, wherever in the parts they lie; pixels stay on disk until they are gathered."""

    def __init__(self, folder: Path, index: pa.Table, spec: PreprocessSpec, suffix: str) -> None:
        """Take the images in `index` (columns part and row) from the files in `folder` that end in `suffix`."""
        self.spec = spec
        parts = pc.unique(index["part"])
        self._part = pc.index_in(index["part"], value_set=parts).to_numpy()
        self._row = index["row"].to_numpy()
        self._pixels = [Pixels(folder / pixels_name(part, suffix), spec) for part in parts.to_pylist()]

    def __len__(self) -> int:
        return len(self._row)

    def gather(self, rows: NDArray[np.integer[Any]]) -> NDArray[np.uint8]:
        """Return the samples at `rows`, uint8 [B, size, size, channels], in the order asked."""
        spec = self.spec
        samples = np.empty((len(rows), spec.size, spec.size, spec.channels), dtype=np.uint8)
        parts = self._part[rows]
        for part in np.unique(parts):
            here = np.flatnonzero(parts == part)
            samples[here] = self._pixels[part].gather(self._row[rows[here]])
        return samples

    def column(self, name: str) -> NDArray[Any]:
        """Return one of the `column_types` of pixels, [N, count], of all these images."""
        kind, count = column_types(self.spec)[name]
        values = np.empty((len(self), count), dtype=kind)
        for part, pixels in enumerate(self._pixels):
            here = np.flatnonzero(self._part == part)
            values[here] = pixels.column(name)[self._row[here]]
        return values

    def release(self) -> None:
        """Give the memory of what was gathered back to the system."""
        for pixels in self._pixels:
            pixels.release()


class PreparedSplit(Samples):
    """The images of one split, sorted by id."""

    def __init__(self, folder: Path, index: pa.Table, meta: PreparedMeta) -> None:
        super().__init__(folder, index, meta.spec, _texts(index.schema)["variant"])
        self.meta = meta
        self._index = index
        labels = pa.array(meta.labels, pa.string())
        self.targets: NDArray[np.int64] = pc.index_in(index["label"], value_set=labels).to_numpy().astype(np.int64)
        """[N], positions in `meta.labels`."""

    @cached_property
    def ids(self) -> list[str]:
        """[N]."""
        return list(self._index["id"].to_pylist())

    @cached_property
    def groups(self) -> list[str]:
        """[N], empty where an image has no group."""
        return list(self._index["group"].to_pylist())


def open_split(folder: Path, split: str) -> PreparedSplit:
    """Return one of `SPLITS` of the prepared data in `folder`; without images it has length 0.

    Raises InputError where there is no index or no pixels, FormatError for another schema or task.
    """
    assert split in SPLITS, f"unknown split {split!r}"
    index = read_index(folder)
    return PreparedSplit(folder, index.filter(pc.equal(index["split"], split)).combine_chunks(), _to_meta(index.schema))


def read_meta(folder: Path) -> PreparedMeta:
    """Return what the index of the prepared data in `folder` says about all of it; errors as `open_split`."""
    return _to_meta(read_index(folder).schema)


def read_index(folder: Path) -> pa.Table:
    """Return the index in `folder`, the columns above; its metadata is read by `read_meta`. Errors as `open_split`."""
    path = folder / INDEX
    try:
        with pa.memory_map(str(path)) as source:
            table = pa.ipc.open_file(source).read_all()
    except (FileNotFoundError, pa.ArrowInvalid) as error:
        raise InputError(f"{path} cannot be read: {error}", hint="run `dvc repro prepare`") from None
    require_stamp(_texts(table.schema), path)
    return table


def _texts(schema: pa.Schema) -> dict[str, str]:
    return {key.decode(): value.decode() for key, value in (schema.metadata or {}).items()}


def _to_meta(schema: pa.Schema) -> PreparedMeta:
    texts = _texts(schema)
    return PreparedMeta(
        spec=PreprocessSpec.model_validate_json(texts["spec"]),
        mean=json.loads(texts["mean"]),
        std=json.loads(texts["std"]),
        labels=json.loads(texts["labels"]),
        data_hash=texts["data_hash"],
    )


def write_index(
    folder: Path, index: pa.Table, *, spec: PreprocessSpec, mean: Sequence[float], std: Sequence[float]
) -> PreparedMeta:
    """Replace the index in `folder` by `index` (the columns above, sorted by id) and return what it says.

    The hash is that of the file without it, so it covers every value that a model could learn from.
    """
    labels = sorted(pc.unique(index["label"]).to_pylist())
    texts = {"spec": spec.model_dump_json(), "mean": json.dumps(list(mean)), "std": json.dumps(list(std))}
    texts |= {"labels": json.dumps(labels), "variant": variant(spec)}
    table = index.select(COLUMNS).cast(_SCHEMA)
    sink = pa.BufferOutputStream()
    _write(sink, table, texts)
    texts["data_hash"] = hashlib.sha256(sink.getvalue()).hexdigest()
    with replacing(folder / INDEX) as temporary, pa.OSFile(str(temporary), "wb") as file:
        _write(file, table, texts)
    return _to_meta(pa.schema([], metadata=texts))


def _write(sink: pa.NativeFile, table: pa.Table, texts: Mapping[str, str]) -> None:
    metadata = {key: str(value) for key, value in stamp(texts).items()}
    with pa.ipc.new_file(sink, _SCHEMA.with_metadata(metadata)) as writer:
        # Batches of one size, whatever chunks the table came in: the same rows give the same bytes.
        writer.write_table(table.combine_chunks(), max_chunksize=_BATCH_ROWS)


def channel_means(train: Samples) -> tuple[list[float], list[float]]:
    """Return mean and standard deviation per channel on the scale 0-1; 1 for a channel that never varies.

    They come from exact integer sums, which add up to the same total in every order: the only rounding is the last
    division.
    """
    num_values = len(train) * train.spec.size**2
    sums = [int(total) for total in train.column("sum").sum(axis=0)]
    squares = [int(total) for total in train.column("sum_of_squares").sum(axis=0)]
    variances = [num_values * square - total * total for total, square in zip(sums, squares, strict=True)]
    mean = [total / (255 * num_values) for total in sums]
    return mean, [math.sqrt(variance) / (255 * num_values) if variance else 1.0 for variance in variances]
