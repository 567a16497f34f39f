"""One side of a comparison: a model's predictions, what it trained on, and its recorded metrics."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from winnow.changes.snapshot import DEALT
from winnow.evaluation.predictions import Predictions
from winnow.records import NotAvailable
from winnow.verdict.record.context import Side

Rows: TypeAlias = pa.Table | NotAvailable
"""Columns `id`, `label` and `snapshot.DEALT`: the split each image is dealt to."""


@dataclass(frozen=True)
class Contender:
    """What is known of a model. Its numbers may be all there is: then `side.source` is `metrics only`."""

    side: Side
    predictions: Predictions | NotAvailable
    """Of all splits that were predicted."""
    rows: Rows
    """Of the labels that it was trained and tested on."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """Recorded scalars by name, from `reports/metrics.json` or what `dvc.yaml` declares; empty without them."""
    rescored: frozenset[str] = frozenset()
    """Ids of test images that the model was asked for again, beyond its stored predictions."""
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """As it was asked for."""
        return self.side.name

    def ids_of(self, split: str) -> pa.Array:
        """Return the ids dealt to a split, by the labels and by the predictions themselves, as far as they tell."""
        ids = [pa.array([], pa.string())]
        if isinstance(self.rows, pa.Table):
            ids.append(_ids(self.rows, DEALT, split))
        if isinstance(self.predictions, Predictions):
            ids.append(_ids(self.predictions.table, "split", split))
        return pc.unique(pa.concat_arrays(ids))


def _ids(table: pa.Table, column: str, split: str) -> pa.Array:
    return table.filter(pc.equal(table[column], split))["id"].combine_chunks().cast(pa.string())
