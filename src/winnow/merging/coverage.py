"""No accepted image is lost: what the parts that leave hold is looked up in the parts that stay."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

Holds = Callable[[str], pa.Array | None]
"""From a part's name to the ids of its images; None where nobody can tell."""

_NONE = pa.array([], pa.string())


@dataclass(frozen=True)
class Coverage:
    """What becomes of the images in parts that a side replaced or dropped."""

    returning: list[str] = field(default_factory=list)
    """Parts that leave and are the only ones that hold an image with a row in the labels: they stay."""

    lost: list[str] = field(default_factory=list)
    """Ids of such images whose part cannot stay, because it holds an erased image too."""

    unknown: list[str] = field(default_factory=list)
    """Parts of which nobody can tell what they hold, where that would tell whether all is well."""


def cover(leaving: Iterable[str], staying: Iterable[str], wanted: pa.Array, erased: pa.Array, holds: Holds) -> Coverage:
    """Return how the `wanted` ids in the parts `leaving` fare when only the parts `staying` stay."""
    leaving = sorted(leaving)
    if not leaving:
        return Coverage()
    open_ids, kept_unknown = not_held(staying, wanted, holds)
    if not (kept_unknown or len(open_ids)):
        return Coverage()
    gone, gone_unknown = _ids(leaving, holds)
    held = {name: ids.filter(pc.is_in(ids, value_set=open_ids)) for name, ids in gone.items()}
    held = {name: ids for name, ids in held.items() if len(ids)}
    if not held:
        return Coverage(unknown=gone_unknown)
    if kept_unknown:
        # Most likely they hold the images: a compacted part is the reason why another one leaves.
        return Coverage(unknown=[*gone_unknown, *kept_unknown])
    returning, lost, covered = [], [], _NONE
    for name, ids in sorted(held.items()):
        missing = ids.filter(pc.invert(pc.is_in(ids, value_set=covered)))
        if not len(missing):
            continue
        if pc.any(pc.is_in(gone[name], value_set=erased)).as_py():
            lost += missing.to_pylist()
        else:
            returning.append(name)
            covered = pa.concat_arrays([covered, gone[name]])
    still_lost = [image for image in dict.fromkeys(lost) if not pc.is_in(pa.scalar(image), value_set=covered).as_py()]
    return Coverage(returning, still_lost, gone_unknown)


def not_held(names: Iterable[str], wanted: pa.Array, holds: Holds) -> tuple[pa.Array, list[str]]:
    """Return those of the `wanted` ids that no part is known to hold, and the parts of which nobody can tell."""
    known, unknown = _ids(names, holds)
    covered = pa.concat_arrays([_NONE, *known.values()])
    return wanted.filter(pc.invert(pc.is_in(wanted, value_set=covered))), unknown


def holding(names: Iterable[str], ids: pa.Array, holds: Holds) -> list[str]:
    """Return those of `ids` that parts are known to hold, sorted."""
    if not len(ids):
        return []
    here, _ = _ids(names, holds)
    found = [own.filter(pc.is_in(own, value_set=ids)).to_pylist() for own in here.values()]
    return sorted({image for own in found for image in own})


def _ids(names: Iterable[str], holds: Holds) -> tuple[dict[str, pa.Array], list[str]]:
    """Return the ids in each part of which somebody can tell, and the names of the others."""
    found = {name: holds(name) for name in sorted(names)}
    return {name: ids for name, ids in found.items() if ids is not None}, [
        name for name, ids in found.items() if ids is None
    ]
