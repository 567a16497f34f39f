"""`predictions.parquet`: one row an image with its class probabilities. A public format, written here or elsewhere.

Columns: `id`, `split`, `label`, `group`, further ones (text), and `prob_<class>` for every class. Other programs may
write CSV instead, and leave out `group` (no image shares one) and `split` (all are test images). Metadata of the
Parquet file: `schema`, `task`, and `labels`, the classes as JSON.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from winnow.errors import InputError
from winnow.files import replacing
from winnow.metrics.classification import Decisions
from winnow.metrics.confusion import predicted_classes
from winnow.schema import require_stamp, stamp
from winnow.stats.groups import Groups, group_samples

PREFIX = "prob_"
COLUMNS = ("id", "split", "label", "group")
SPLITS = ("train", "val", "test", "vault")

_SUM_TOLERANCE = 1e-3
_RANGE_TOLERANCE = 1e-6
_ROW_GROUP = 1 << 16


@dataclass(frozen=True)
class Predictions:
    """N images and their probabilities over K classes, sorted by id."""

    table: pa.Table
    """Text columns `id`, `split`, `label`, `group` and further ones, [N]."""
    probabilities: NDArray[np.float32]
    """[N, K]; each row sums to 1."""
    classes: list[str]

    def __len__(self) -> int:
        return int(self.table.num_rows)

    @property
    def further(self) -> list[str]:
        """The names of the columns that came with the labels (site, device …)."""
        return [name for name in self.table.column_names if name not in COLUMNS]

    @cached_property
    def targets(self) -> NDArray[np.int64]:
        """The true class of each image as a position in `classes`, [N]."""
        codes = pc.index_in(self.table["label"], value_set=pa.array(self.classes, pa.string()))
        targets: NDArray[np.int64] = codes.to_numpy().astype(np.int64)
        return targets

    @cached_property
    def decisions(self) -> Decisions:
        """The most probable class of each image beside the true one."""
        return Decisions(self.targets, predicted_classes(self.probabilities), len(self.classes))

    @cached_property
    def groups(self) -> Groups:
        """Which images are one witness."""
        return group_samples(self.column("group"))

    def column(self, name: str) -> list[str]:
        """Return one text column, [N]."""
        values: list[str] = self.table[name].to_pylist()
        return values

    def of_split(self, split: str) -> "Predictions":
        """Return the images of one split."""
        rows = pc.equal(self.table["split"], split).to_numpy(zero_copy_only=False)
        return Predictions(self.table.filter(pa.array(rows)), self.probabilities[rows], self.classes)


def collect(table: pa.Table, probabilities: NDArray[np.float32], classes: Sequence[str]) -> Predictions:
    """Return predictions sorted by id, from the text columns `table` [N] and `probabilities` [N, K]."""
    order = pc.sort_indices(table["id"])
    return Predictions(table.take(order).combine_chunks(), probabilities[order.to_numpy()], list(classes))


def write_predictions(path: Path, predictions: Predictions) -> None:
    """Replace `path`, atomically; the same predictions give the same bytes."""
    names = [PREFIX + label for label in predictions.classes]
    columns = [pa.array(column) for column in np.ascontiguousarray(predictions.probabilities.T)]
    metadata = stamp({"labels": json.dumps(predictions.classes, ensure_ascii=False)})
    fields = [*predictions.table.schema, *(pa.field(name, pa.float32()) for name in names)]
    schema = pa.schema(fields, metadata={key: str(value) for key, value in metadata.items()})
    table = pa.Table.from_arrays([*predictions.table.columns, *columns], schema=schema)
    with replacing(path) as temporary:
        pq.write_table(
            table,
            temporary,
            row_group_size=_ROW_GROUP,
            compression="zstd",
            use_dictionary=predictions.table.column_names,
            # The bytes of floats compress when those of equal weight lie together.
            use_byte_stream_split=names,
            write_statistics=False,
        )


def read_predictions(path: Path) -> Predictions:
    """Return the predictions in a Parquet or CSV file, checked.

    Raises InputError for: a missing column, an id twice or empty, an unknown split, a label without a `prob_` column,
    a probability that is missing or outside [0, 1], a row that does not sum to 1 within 0.001; FormatError for
    another schema or task.
    """
    try:
        table = _read_csv(path) if path.suffix.lower() == ".csv" else pq.read_table(path)
    except FileNotFoundError:
        raise InputError(f"expected {path}, found nothing", hint="`dvc repro evaluate` writes it") from None
    except pa.ArrowInvalid as error:
        raise InputError(f"{path} cannot be read: {error}", hint="expected Parquet, or CSV with a header") from None
    metadata = {key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()}
    if {"schema", "task"} & metadata.keys():
        require_stamp(metadata, path)
    texts = _texts(table, path)
    classes = [name.removeprefix(PREFIX) for name in table.column_names if name.startswith(PREFIX)]
    probabilities = _probabilities(table, classes, texts["id"], path)
    _require_rows(texts, classes, path)
    return collect(texts, probabilities, classes)


def _read_csv(path: Path) -> pa.Table:
    # Types are given for every column: "007" is a name, not a number.
    with pyarrow.csv.open_csv(path) as reader:
        names = reader.schema.names
    types = {name: pa.float64() if name.startswith(PREFIX) else pa.string() for name in names}
    options = pyarrow.csv.ConvertOptions(column_types=types, strings_can_be_null=False)
    return pyarrow.csv.read_csv(path, convert_options=options)


def _texts(table: pa.Table, path: Path) -> pa.Table:
    """Return all but the probabilities as text; what may be left out is filled in."""
    for name in ("id", "label"):
        if name not in table.column_names:
            raise InputError(f"{path}: no column `{name}`", hint=f"expected id, label and {PREFIX}<class> columns")
    empty = {"split": "test", "group": ""}
    further = [name for name in table.column_names if name not in COLUMNS and not name.startswith(PREFIX)]
    columns = {}
    for name in (*COLUMNS, *further):
        if name in table.column_names:
            columns[name] = pc.fill_null(table[name].cast(pa.string()), "")
        else:
            columns[name] = pa.chunked_array([pa.repeat(empty[name], table.num_rows)])
    return pa.table(columns)


def _probabilities(table: pa.Table, classes: list[str], ids: pa.ChunkedArray, path: Path) -> NDArray[np.float32]:
    if not classes:
        raise InputError(f"{path}: no column begins with `{PREFIX}`", hint=f"name them {PREFIX}<class>")
    probabilities = np.empty((table.num_rows, len(classes)), dtype=np.float32)
    for position, label in enumerate(classes):
        column = pc.fill_null(table[PREFIX + label].cast(pa.float32()), float("nan"))
        probabilities[:, position] = column.to_numpy()
    low, high = -_RANGE_TOLERANCE, 1 + _RANGE_TOLERANCE
    # Written so that a NaN fails.
    inside = ((probabilities >= low) & (probabilities <= high)).all(axis=1)
    _refuse(
        np.logical_not(inside),
        ids,
        f"{path}: a probability is missing or outside [0, 1]",
        "write softmax outputs, not logits",
    )
    sums = probabilities.sum(axis=1, dtype=np.float64)
    hint = "write all classes, with at least six digits"
    _refuse(np.abs(sums - 1) > _SUM_TOLERANCE, ids, f"{path}: probabilities do not sum to 1", hint)
    return np.clip(probabilities, 0.0, 1.0)


def _require_rows(texts: pa.Table, classes: list[str], path: Path) -> None:
    ids = texts["id"]
    twice = np.ones(len(ids), dtype=bool)
    twice[np.unique(ids.to_numpy(), return_index=True)[1]] = False
    _refuse(twice, ids, f"{path}: an id occurs twice", "write one row an image")
    _refuse(pc.equal(ids, "").to_numpy(), ids, f"{path}: an id is empty", "give every image an id")
    for name, known in (("label", classes), ("split", list(SPLITS))):
        is_known = pc.is_in(texts[name], value_set=pa.array(known, pa.string())).to_numpy()
        unknown = pc.unique(texts[name].filter(pa.array(~is_known))).to_pylist()
        message = f"{path}: unknown {name} {', '.join(map(repr, unknown[:3]))}"
        _refuse(~is_known, ids, message, f"known: {', '.join(known[:10])}")


def _refuse(is_bad: NDArray[np.bool_], ids: pa.ChunkedArray, message: str, hint: str) -> None:
    rows = np.flatnonzero(is_bad)
    if len(rows):
        raise InputError(f"{message} ({len(rows)} rows, the first is {ids[int(rows[0])].as_py()!r})", hint=hint)
