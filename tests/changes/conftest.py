"""Small revisions, and records of what changed between them."""

from collections.abc import Callable, Sequence

import pytest

from winnow.changes.pairing import Pairing
from winnow.changes.record import (
    Bytes,
    Columns,
    DataDiff,
    Duplicates,
    Images,
    Leaks,
    Moved,
    Parts,
    Regrouped,
    Relabelled,
    Side,
)
from winnow.changes.snapshot import Snapshot
from winnow.data.config import DataConfig
from winnow.data.labels import Labels

Row = Sequence[str]
MakePairing = Callable[..., Pairing]
MakeRecord = Callable[..., DataDiff]

EMPTY_REPORT = {"checks": [], "near_duplicates": [], "splits": {"held_out": 0}}


def make_snapshot(rows: Sequence[Row], further: Sequence[str] = (), **data: float) -> Snapshot:
    settings = {"seed": 0, "val_fraction": 0.25, "test_fraction": 0.25, **data}
    labels = Labels.from_rows(rows, further)
    return Snapshot("some revision", labels, DataConfig.model_validate(settings), None, EMPTY_REPORT)


@pytest.fixture(scope="session")
def snapshot() -> Callable[..., Snapshot]:
    """Return a function that makes a revision of rows and further columns; keywords are keys of `data:`."""
    return make_snapshot


@pytest.fixture(scope="session")
def pair() -> MakePairing:
    """Return a function that pairs the rows `id, label, name, group, split` of two revisions."""
    return lambda before, after: Pairing(make_snapshot(before), make_snapshot(after))


@pytest.fixture(scope="session")
def make_record() -> MakeRecord:
    """Return a function that makes a record without changes, but for the fields given."""

    def make(**changes: object) -> DataDiff:
        side = Side(num_images=3, num_unlabelled=0, num_classes=2)
        nothing = DataDiff(
            revision="main",
            commit="c" * 40,
            disclose="ids",
            before=side,
            after=side,
            splits=[],
            new_classes=[],
            vanished_classes=[],
            classes=[],
            added=Images(count=0, examples=[]),
            removed=Images(count=0, examples=[]),
            relabelled=Relabelled(count=0, examples=[], transitions=[]),
            moved=Moved(count=0, examples=[], num_groups=0, transitions=[]),
            regrouped=Regrouped(count=0, examples=[], num_groups_before=0, num_groups_after=0),
            repinned=Images(count=0, examples=[]),
            settings=[],
            columns=Columns(added=[], removed=[], changed={}),
            leaks=Leaks(torn_groups=0, torn=[], trained_before=0),
            duplicates=Duplicates(findings=[], held_out_before=0, held_out_after=0, num_new_pairs=0, pairs=[]),
            bytes=Bytes(before=10, after=10, num_parts_before=1, num_parts_after=1),
            parts=Parts(added=[], removed=[], num_kept=1, added_bytes=0, removed_bytes=0),
            notes=[],
        )
        return nothing.model_copy(update=changes)

    return make
