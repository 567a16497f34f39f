"""Prediction files of pretended models, made with NumPy: no training."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from winnow.changes.snapshot import DEALT
from winnow.evaluation.predictions import PREFIX, Predictions, collect, write_predictions
from winnow.records import NotAvailable
from winnow.verdict.record.context import Side
from winnow.verdict.sides.contender import Contender, Rows

CLASSES = ("cat", "dog")
UNKNOWN = NotAvailable(not_available="nobody knows")


def predict(
    labels: Mapping[str, str], *, classes: Sequence[str] = CLASSES, split: str = "test", wrong: Sequence[str] = ()
) -> Predictions:
    """Return a model's answers about images (`id -> label`): right with 0.8, but for the `wrong` ones."""
    ids = list(labels)
    probabilities = np.full((len(ids), len(classes)), 0.2 / max(1, len(classes) - 1), dtype=np.float32)
    for row, (image, label) in enumerate(labels.items()):
        place = list(classes).index(label) if label in classes else 0
        probabilities[row, (place + (image in wrong)) % len(classes)] = 0.8
    empty = [""] * len(ids)
    table = pa.table({"id": ids, "split": [split] * len(ids), "label": list(labels.values()), "group": empty})
    return collect(table.cast(pa.schema([(name, pa.string()) for name in table.column_names])), probabilities, classes)


def together(*predictions: Predictions) -> Predictions:
    """Return predictions of several splits as one."""
    tables = pa.concat_tables(each.table for each in predictions)
    return collect(tables, np.concatenate([each.probabilities for each in predictions]), predictions[0].classes)


def contender(
    predictions: Predictions | NotAvailable, name: str = "main", *, rows: Rows = UNKNOWN, **changes: object
) -> Contender:
    """Return a side with these predictions."""
    side = Side(name=name, commit=None, source="git")
    return Contender(side, predictions, rows, **changes)  # type: ignore[arg-type]


def dealt(**ids_by_split: Sequence[str]) -> pa.Table:
    """Return the rows of labels, all of class `cat`."""
    rows = [(image, "cat", split) for split, ids in ids_by_split.items() for image in ids]
    names = ("id", "label", DEALT)
    return pa.table({name: pa.array([row[place] for row in rows], pa.string()) for place, name in enumerate(names)})


def save(path: Path, predictions: Predictions) -> Path:
    """Write `predictions` as Parquet, or as CSV such as another program writes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        write_predictions(path, predictions)
        return path
    header = ["id", "label", *(PREFIX + name for name in predictions.classes)]
    rows = zip(predictions.column("id"), predictions.column("label"), predictions.probabilities, strict=True)
    lines = [",".join([image, label, *(f"{value:.6f}" for value in values)]) for image, label, values in rows]
    path.write_text("\n".join([",".join(header), *lines]) + "\n", encoding="utf-8")
    return path
