"""The merge of `data/images.dvc`: the parts of both sides, without those that one side replaced.

Only the small listings are needed. What `dvc add` of the united folder would write is written byte for byte.
"""

from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from winnow.data.parts import list_parts, part_ids
from winnow.errors import InputError
from winnow.files import write_text
from winnow.merging.coverage import Coverage, cover, holding
from winnow.merging.operation import Operation
from winnow.merging.pointers import texts
from winnow.merging.staging import conflicted, name_of, stage
from winnow.project import Project
from winnow.repository.dvc import Recorded, call_dvc, listing_md5, parse_recorded, read_recorded, relative, rewritten
from winnow.repository.listings import Objects, parse_listing

Listing = dict[str, str]
"""Part file name -> MD5."""


@dataclass(frozen=True)
class PartsMerge:
    """The parts after the merge."""

    listing: Listing | None
    """None where it is in nobody's reach and need not be known: at most one side changed `images.dvc`."""

    is_base_known: bool = True
    """Without the base's listing, parts that one side replaced cannot be told from those that the other added."""

    from_ours: int = 0
    """Parts that only ours has added."""

    from_theirs: int = 0
    replaced: int = 0
    """Parts of the base that a side has dropped."""

    coverage: Coverage = field(default_factory=Coverage)
    still_erased: list[str] = field(default_factory=list)
    """Erased ids that parts which are here still hold."""


def merge_parts(
    project: Project, operation: Operation, objects: Objects, wanted: pa.Array, erased: set[str]
) -> PartsMerge | None:
    """Return the union of both sides' parts, None where neither side has any.

    `wanted` are the ids that have a row in the merged labels. Raises InputError when a listing is neither in the cache
    nor in the remote.
    """
    sides = texts(project, operation, project.images_dvc)
    if not (sides["ours"] or sides["theirs"]):
        return None
    try:
        ours, theirs = (_listing(objects, sides[side], f"the images.dvc of {side}") for side in ("ours", "theirs"))
        standing = _standing(project, objects)
    except InputError:
        is_in_conflict = name_of(project, project.images_dvc) in conflicted(project)
        if is_in_conflict or sides["base"] not in (sides["ours"], sides["theirs"]):
            raise
        return PartsMerge(None)
    _require_one_content(ours, theirs)
    known_base = _base_listing(objects, sides["base"], has_erased=bool(erased))
    base = {name: md5 for name, md5 in ours.items() if name in theirs} if known_base is None else known_base
    known = base | ours | theirs
    dropped = {name for name in base if not (name in ours and name in theirs)}
    # Parts that came after Git stopped (`winnow add` in the middle of a merge) are in no commit yet.
    merged = {name: md5 for name, md5 in (standing | known).items() if name not in dropped}

    def holds(name: str) -> pa.Array | None:
        places = (project.images / name, objects.path((standing | known)[name]))
        return next((part_ids(place) for place in places if place.is_file()), None)

    gone = pa.array(sorted(erased), pa.string())
    staged = {name: md5 for name, md5 in merged.items() if name in standing}
    if staged and cover(merged.keys() - staged.keys(), staged, wanted, gone, holds) == Coverage():
        # `winnow erase` or `winnow compact` in the middle of a merge: what is staged holds all that is wanted.
        merged = staged
    coverage = cover(known.keys() - merged.keys(), merged, wanted, gone, holds)
    merged |= {name: known[name] for name in coverage.returning}
    return PartsMerge(
        listing=merged,
        is_base_known=known_base is not None,
        from_ours=len(ours.keys() - base.keys() - theirs.keys()),
        from_theirs=len(theirs.keys() - base.keys() - ours.keys()),
        replaced=len(base.keys() - merged.keys()),
        coverage=coverage,
        still_erased=holding(merged, gone, holds),
    )


def settle_parts(project: Project, operation: Operation, objects: Objects, merge: PartsMerge) -> Recorded | None:
    """Write and stage `images.dvc`; return what it records.

    Raises InputError, and has changed nothing, when the size of a part can be learned neither here nor from the remote.
    """
    if merge.listing is None:
        return read_recorded(project)
    sides = [text for text in texts(project, operation, project.images_dvc).values() if text]
    recorded = [parse_recorded(text, project.images_dvc) for text in sides]
    md5 = listing_md5(merge.listing)
    alike = next((each for each in recorded if each.md5 == md5), None)
    size = alike.size if alike else _total_size(project, objects, merge.listing)
    objects.write_listing(merge.listing)
    result = Recorded(md5=md5, size=size, num_files=len(merge.listing))
    values = {"md5": md5, "size": size, "nfiles": result.num_files}
    write_text(project.images_dvc, rewritten(sides[-1], values, project.images))
    stage(project, project.images_dvc)
    return result


def bring_folder(project: Project, objects: Objects, listing: Listing) -> bool:
    """Make `data/images` hold the listed parts, if it holds any and DVC's cache has the rest; return whether it does.

    A folder without parts stays as it is: nobody pulled them here.
    """
    here = {path.name for path in list_parts(project.images)}
    if not here or here == listing.keys():
        return True
    missing = [md5 for name, md5 in listing.items() if name not in here]
    if not all(objects.path(md5).is_file() for md5 in missing):
        return False
    return call_dvc(project, "checkout", "-q", relative(project, project.images_dvc)).returncode == 0


def _require_one_content(ours: Listing, theirs: Listing) -> None:
    clashing = [name for name in sorted(ours.keys() & theirs.keys()) if ours[name] != theirs[name]]
    if clashing:
        raise InputError(
            f"expected a part's name to be the hash of its content, got two contents of {clashing[0]}",
            hint="`dvc checkout data/images.dvc` on each branch tells which one is damaged",
        )


def _base_listing(objects: Objects, text: str | None, *, has_erased: bool) -> Listing | None:
    """Return the base's parts, None where nobody pushed their list (`dvc push` pushes what is checked out).

    Where images were erased it is needed: the parts that held them are gone, and must not be named again.
    """
    try:
        return _listing(objects, text, "the images.dvc of the base")
    except InputError:
        if has_erased:
            raise
        return None


def _listing(objects: Objects, text: str | None, source: str) -> Listing:
    if text is None:
        return {}
    recorded = parse_recorded(text, Path(source))
    return parse_listing(objects.read(recorded.md5, f"the list of parts that {source} names"), recorded.md5)


def _standing(project: Project, objects: Objects) -> Listing:
    """Return the parts that `images.dvc` lists in the work tree; none while it is in conflict."""
    path = project.images_dvc
    if not path.exists() or name_of(project, path) in conflicted(project):
        return {}
    return _listing(objects, path.read_text(encoding="utf-8"), "the images.dvc that is staged")


def _total_size(project: Project, objects: Objects, listing: Listing) -> int:
    here = {name: project.images / name for name in listing if (project.images / name).is_file()}
    known = objects.sizes([md5 for name, md5 in listing.items() if name not in here])
    unknown = [name for name, md5 in listing.items() if name not in here and md5 not in known]
    if unknown:
        raise InputError(
            f"the size of {unknown[0]} ({len(unknown)} in all) is not known: it is neither here nor in the remote",
            hint="`dvc push` where the images were added brings it into the remote",
        )
    return sum(path.stat().st_size for path in here.values()) + sum(
        known[md5] for name, md5 in listing.items() if name not in here
    )
