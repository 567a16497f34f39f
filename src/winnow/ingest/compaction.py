"""Compaction: what lies in small parts, or beside removed images, moves into full parts; the rest stays untouched.

Which parts that are and what comes of them depends on nothing but the parts, the labels and the size of a part.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from winnow.data.labels import Labels
from winnow.data.parts import part_ids
from winnow.errors import InputError
from winnow.files import fresh_folder
from winnow.ingest.rewriting import rewrite
from winnow.logs import progress
from winnow.project import Project

_SMALL_FRACTION = 0.5
"""Of a part's size. What was folded once is larger, but for the last part: so folding again changes nothing."""

_PULL = "dvc pull data/images.dvc, then run the command again"


@dataclass(frozen=True)
class Plan:
    """What becomes of each part."""

    folded: list[tuple[Path, pa.Array]] = field(default_factory=list)
    """Parts to take apart, by name, each with a mask of the rows that go on."""

    num_dropped: int = 0
    """Rows that do not: of removed images, and second copies."""


def plan(parts: Sequence[Path], labels: Labels, part_size_bytes: int) -> Plan:
    """Say which parts to take apart; none when there is nothing to gain.

    An image that lies in two parts stays where no part must be touched for it, else in the first by name. Raises
    InputError for a row of `labels` whose image is in no part.
    """
    wanted = labels.table["id"].combine_chunks()
    ids = {part: part_ids(part) for part in sorted(parts)}
    is_full = {
        part: part.stat().st_size >= _SMALL_FRACTION * part_size_bytes and pc.all(pc.is_in(own, wanted)).as_py()
        for part, own in ids.items()
    }
    masks = _masks(sorted(ids, key=lambda part: (not is_full[part], part)), ids, wanted)
    folded = [(part, masks[part]) for part in ids if not (is_full[part] and pc.all(masks[part]).as_py())]
    num_dropped = sum(len(mask) - mask.true_count for _, mask in folded)
    num_found = sum(mask.true_count for mask in masks.values())
    if num_found < len(wanted):
        raise InputError(f"{len(wanted) - num_found} of {len(wanted)} images are in no part here", hint=_PULL)
    return Plan(folded, num_dropped) if len(folded) > 1 or num_dropped else Plan()


def _masks(order: Sequence[Path], ids: dict[Path, pa.Array], wanted: pa.Array) -> dict[Path, pa.Array]:
    """Return the rows of each part that are wanted and lie in no part before it."""
    together = pa.concat_arrays([pa.array([], pa.string()), *(ids[part] for part in order)])
    # The first place of a value is what index_in tells.
    first = pc.index_in(together, value_set=together)
    is_first = pc.equal(first, pa.array(np.arange(len(together), dtype=np.int32)))
    is_chosen = pc.and_(is_first, pc.is_in(together, value_set=wanted))
    starts = itertools.accumulate((len(ids[part]) for part in order), initial=0)
    return {part: is_chosen.slice(start, len(ids[part])) for part, start in zip(order, starts, strict=False)}


def fold(project: Project, folding: Plan, part_size_bytes: int) -> list[Path]:
    """Write what goes on into new parts in the staging folder, and make sure that nothing is missing there.

    Raises MachineError for a full disk, InputError for damaged images; no part has changed then.
    """
    with progress("compact", len(folding.folded), "parts") as advance:

        def chosen() -> Iterator[tuple[Path, pa.Array]]:
            for each in folding.folded:
                yield each
                advance(1)

        staged = rewrite(chosen(), folder=fresh_folder(project.staging), part_size_bytes=part_size_bytes)
    expected = [part_ids(part).filter(mask) for part, mask in folding.folded]
    written = [part_ids(part) for part in staged]
    assert _joined(written).equals(_joined(expected)), "the new parts hold what the old ones gave, in the same order"
    return staged


def _joined(arrays: list[pa.Array]) -> pa.Array:
    return pa.concat_arrays([pa.array([], pa.string()), *arrays])
