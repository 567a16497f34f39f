"""Two models' predictions brought onto the same test images, in the same order, over the same classes.

Today's labels, groups and further columns judge both models. Whatever has to be left out is counted.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from winnow.changes.snapshot import DEALT
from winnow.evaluation.predictions import Predictions
from winnow.records import NotAvailable
from winnow.verdict.record.evidence import TestSet
from winnow.verdict.sides.contender import Contender

_TEST = "test"
_MAX_NAMED = 3


@dataclass(frozen=True)
class Pair:
    """N >= 1 images with the predictions of both sides."""

    base: Predictions
    """Labels, groups and further columns are the head's."""
    head: Predictions
    """The same ids in the same order, and the same `classes`: the sorted union of both sides'. A class that a side
    lacks has probability 0 there."""
    classes_added: list[str]
    """Known to the head's model only."""
    classes_removed: list[str]
    test_set: TestSet


def align(base: Contender, head: Contender) -> Pair | NotAvailable:
    """Return what can be compared, or why nothing can be."""
    for contender in (head, base):
        if isinstance(contender.predictions, NotAvailable):
            return contender.predictions
    before, after = _Side.of(base), _Side.of(head)
    for contender, side in ((base, before), (head, after)):
        if not len(side.ids):
            return NotAvailable(not_available=f"the predictions of {contender.name} hold no test image")
    if set(before.scores.classes).isdisjoint(after.scores.classes):
        return NotAvailable(
            not_available=f"the two models share no class: {base.name} knows {_some(before.scores.classes)}, "
            f"{head.name} knows {_some(after.scores.classes)}"
        )
    trained = pa.concat_arrays([base.ids_of("train"), head.ids_of("train")])
    fair_before, fair_after = before.without(trained), after.without(trained)
    rows_before, rows_after = fair_before.shared_with(fair_after), fair_after.shared_with(fair_before)
    num_trained = len(_union(before, after)) - len(_union(fair_before, fair_after))
    if not len(rows_after):
        return NotAvailable(not_available=_why_none(base, head, num_trained))
    test_set = TestSet(
        num_base=len(before.ids) - len(base.rescored),
        num_head=len(after.ids),
        num_compared=len(rows_after),
        only_base=len(fair_before.ids) - len(rows_before),
        only_head=len(fair_after.ids) - len(rows_after),
        trained_on=num_trained,
        relabelled=_count_relabelled(before.scores.table.take(rows_before), after.scores.table.take(rows_after)),
        rescored=bool(base.rescored),
        notes=[*base.notes, *head.notes, *_notes(base, head)],
    )
    return _pair(before.scores, rows_before, after.scores, rows_after, test_set)


@dataclass(frozen=True)
class _Side:
    """The test images of one side, as places in its predictions."""

    scores: Predictions
    rows: NDArray[np.int64]
    ids: pa.Array

    @classmethod
    def of(cls, contender: Contender) -> "_Side":
        scores = contender.predictions
        assert isinstance(scores, Predictions)
        return cls._at(scores, np.flatnonzero(pc.equal(scores.table["split"], _TEST)))

    @classmethod
    def _at(cls, scores: Predictions, rows: NDArray[np.int64]) -> "_Side":
        return cls(scores, rows, scores.table["id"].combine_chunks().take(pa.array(rows)))

    def without(self, ids: pa.Array) -> "_Side":
        """Return the images that are not among `ids`."""
        return self._at(self.scores, self.rows[np.logical_not(_is_in(self.ids, ids))])

    def shared_with(self, other: "_Side") -> NDArray[np.int64]:
        """Return where the images of both are. Predictions are sorted by id, so both sides have the same order."""
        shared: NDArray[np.int64] = self.rows[_is_in(self.ids, other.ids)]
        return shared


def _is_in(ids: pa.Array, known: pa.Array) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = pc.is_in(ids, value_set=known).to_numpy(zero_copy_only=False)
    return found


def _union(one: _Side, other: _Side) -> pa.Array:
    return pc.unique(pa.concat_arrays([one.ids, other.ids]))


def _pair(
    before: Predictions,
    rows_before: NDArray[np.int64],
    after: Predictions,
    rows_after: NDArray[np.int64],
    test: TestSet,
) -> Pair:
    classes = sorted({*before.classes, *after.classes})
    table = after.table.take(rows_after).combine_chunks()
    return Pair(
        base=Predictions(table, _widened(before, rows_before, classes), classes),
        head=Predictions(table, _widened(after, rows_after, classes), classes),
        classes_added=[name for name in classes if name not in set(before.classes)],
        classes_removed=[name for name in classes if name not in set(after.classes)],
        test_set=test,
    )


def _widened(scores: Predictions, rows: NDArray[np.int64], classes: Sequence[str]) -> NDArray[np.float32]:
    """Return the probabilities of some rows over `classes`, of which the model may lack some, [N, K]."""
    if scores.classes == classes:
        return scores.probabilities[rows]
    place = {name: position for position, name in enumerate(classes)}
    wide = np.zeros((len(rows), len(classes)), dtype=np.float32)
    wide[:, [place[name] for name in scores.classes]] = scores.probabilities[rows]
    return wide


def _count_relabelled(before: pa.Table, after: pa.Table) -> int:
    return int(pc.sum(pc.not_equal(before["label"], after["label"])).as_py() or 0)


def _notes(base: Contender, head: Contender) -> Iterator[str]:
    unknown = [
        side.name for side in (base, head) if isinstance(side.rows, NotAvailable) and not len(side.ids_of("train"))
    ]
    if unknown:
        yield f"what the model of {' and of '.join(unknown)} trained on is not known: no image was left out for it"
    if stale := _count_stale(head):
        yield f"test images that are not predicted yet, or under another label: {stale} (run `dvc repro evaluate`)"


def _count_stale(head: Contender) -> int:
    """Return how many of today's test images the predictions lack, or hold with another label than today's."""
    if isinstance(head.rows, NotAvailable) or isinstance(head.predictions, NotAvailable):
        return 0
    today = head.rows.filter(pc.equal(head.rows[DEALT], _TEST))
    predicted = head.predictions.table
    place = pc.index_in(today["id"], value_set=predicted["id"].combine_chunks())
    is_same = pc.equal(predicted["label"].take(place.combine_chunks()), today["label"])
    return int(today.num_rows - (pc.sum(is_same).as_py() or 0))


def _why_none(base: Contender, head: Contender, num_trained: int) -> str:
    left_out = f" (left out because a model trained on them: {num_trained})" if num_trained else ""
    return f"{base.name} and {head.name} share no test image{left_out}"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MAX_NAMED} more" if len(names) > _MAX_NAMED else ""
    return ", ".join(map(repr, names[:_MAX_NAMED])) + more
