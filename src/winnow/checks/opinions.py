"""Confident learning: which labels a model contradicts that has not seen them.

Predictions come from `reports/predictions.parquet`, read by its public format (docs/data.md) and in chunks: classes
times images need not fit into memory. Its validation and test images are out of sample, as the method asks.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from winnow.errors import InputError
from winnow.schema import require_stamp

_PREFIX = "prob_"
_CHUNK_VALUES = 1 << 22
_JUDGED = ("val", "test")

Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Doubt:
    """A label that the model contradicts."""

    id: str
    label: str
    other: str
    """The class that the model is confident of."""

    probability: float
    """Of `other`."""

    own_probability: float
    """Of `label`."""


@dataclass(frozen=True)
class Opinions:
    """What the stored predictions say of the data set as it is now."""

    num_judged: int
    """Images whose label and prediction are both known."""

    num_gone: int = 0
    """Predicted images that are no longer there, or have no label."""

    num_relabelled: int = 0
    """Predicted images with another label than then."""

    num_new: int = 0
    """Validation and test images that have no prediction."""

    doubts: list[Doubt] = field(default_factory=list)
    """The most doubtful first."""


def read_opinions(path: Path, index: pa.Table, min_probability: float) -> Opinions:
    """Return what the predictions in `path` say of the images in `index` (`id, label, split`).

    A label is in doubt when another class is probable enough: at least as probable as it is on average where it is the
    label, the most probable of such classes, and at least `min_probability` (C. G. Northcutt, L. Jiang, I. L. Chuang,
    "Confident Learning: Estimating Uncertainty in Dataset Labels", JAIR 70 (2021), section 3.1). Labels are those of
    today. Raises InputError for a file that cannot be read, FormatError for another schema or task.
    """
    try:
        with pq.ParquetFile(path, memory_map=True) as file:
            return _judge(file, path, index, min_probability)
    except (pa.ArrowInvalid, pa.ArrowTypeError, KeyError, OSError) as error:
        raise InputError(f"{path} cannot be read: {error}", hint="`dvc repro evaluate` writes it") from None


def _judge(file: pq.ParquetFile, path: Path, index: pa.Table, min_probability: float) -> Opinions:
    schema = file.schema_arrow
    require_stamp({key.decode(): value.decode() for key, value in (schema.metadata or {}).items()}, path)
    classes = [name.removeprefix(_PREFIX) for name in schema.names if name.startswith(_PREFIX)]
    texts = file.read(columns=["id", "label", "split"])
    row_in_index = pc.index_in(texts["id"], value_set=index["id"].combine_chunks())
    labels = index["label"].take(row_in_index)
    is_out_of_sample = pc.is_in(texts["split"], value_set=pa.array(_JUDGED))
    now = pc.index_in(pc.if_else(is_out_of_sample, labels, None), value_set=pa.array(classes, pa.string()))
    targets: Codes = pc.fill_null(now, -1).to_numpy().astype(np.int64)
    judged = index.filter(pc.is_in(index["split"], value_set=pa.array(_JUDGED)))
    return Opinions(
        num_judged=int((targets >= 0).sum()),
        num_gone=row_in_index.null_count,
        num_relabelled=pc.sum(pc.not_equal(texts["label"], labels)).as_py() or 0,
        num_new=pc.sum(pc.invert(pc.is_in(judged["id"], value_set=texts["id"].combine_chunks()))).as_py() or 0,
        doubts=_doubts(file, texts["id"], targets, classes, min_probability),
    )


def _doubts(
    file: pq.ParquetFile, ids: pa.ChunkedArray, targets: Codes, classes: list[str], min_probability: float
) -> list[Doubt]:
    sums, counts = np.zeros(len(classes)), np.bincount(targets[targets >= 0], minlength=len(classes))
    for rows, probabilities in _chunks(file, targets, classes):
        sums += np.bincount(targets[rows], weights=_own(probabilities, targets[rows]), minlength=len(classes))
    # A class without images has no average, and nothing is taken for it.
    thresholds = np.where(counts, sums / np.maximum(counts, 1), np.inf)
    doubts = []
    for rows, probabilities in _chunks(file, targets, classes):
        confident = np.where(probabilities >= np.maximum(thresholds, min_probability), probabilities, -1)
        other, own = confident.argmax(axis=1), targets[rows]
        is_doubtful = (confident.max(axis=1) >= 0) & (other != own)
        for at in np.flatnonzero(is_doubtful):
            pair = float(probabilities[at, other[at]]), float(probabilities[at, own[at]])
            doubts.append(Doubt(ids[int(rows[at])].as_py(), classes[own[at]], classes[other[at]], *pair))
    return sorted(doubts, key=lambda doubt: (doubt.own_probability - doubt.probability, doubt.id))


def _own(probabilities: NDArray[np.float32], targets: Codes) -> NDArray[np.float32]:
    own: NDArray[np.float32] = np.take_along_axis(probabilities, targets[:, None], axis=1)[:, 0]
    return own


def _chunks(file: pq.ParquetFile, targets: Codes, classes: list[str]) -> Iterator[tuple[Codes, NDArray[np.float32]]]:
    """Yield positions [B] of judged images and their probabilities [B, K]."""
    start = 0
    size = max(1, _CHUNK_VALUES // max(len(classes), 1))
    for batch in file.iter_batches(batch_size=size, columns=[_PREFIX + name for name in classes]):
        rows = start + np.flatnonzero(targets[start : start + len(batch)] >= 0)
        columns = [batch[_PREFIX + name].to_numpy(zero_copy_only=False) for name in classes]
        yield rows, np.stack(columns, axis=1)[rows - start].astype(np.float32)
        start += len(batch)
