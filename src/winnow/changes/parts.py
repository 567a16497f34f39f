"""What changed in `data/images`: parts by name, and bytes, from `images.dvc` and the small listings behind it."""

from collections.abc import Mapping

from winnow.changes.record import Bytes, Parts
from winnow.errors import InputError, UsageError
from winnow.project import Project
from winnow.records import NotAvailable
from winnow.repository.dvc import Recorded
from winnow.repository.listings import open_objects, read_listing

_NOTHING = Recorded(md5="", size=0, num_files=0)


def compare_bytes(before: Recorded | None, after: Recorded | None) -> Bytes:
    """Return the totals, which `images.dvc` itself records."""
    before, after = before or _NOTHING, after or _NOTHING
    return Bytes(
        before=before.size, after=after.size, num_parts_before=before.num_files, num_parts_after=after.num_files
    )


def compare_parts(project: Project, before: Recorded | None, after: Recorded | None) -> Parts | NotAvailable:
    """Return which parts came and went; where a listing is neither in the cache nor in the remote, why it is not known.

    Nothing is read when both revisions record the same folder.
    """
    before, after = before or _NOTHING, after or _NOTHING
    if before.md5 == after.md5:
        return Parts(added=[], removed=[], num_kept=after.num_files, added_bytes=0, removed_bytes=0)
    try:
        return _compare(project, before, after)
    except (InputError, UsageError) as error:
        return NotAvailable(not_available=f"{error.message} ({error.hint})")


def num_untracked(project: Project, recorded: Recorded | None) -> int:
    """Return how many parts lie in `data/images` beyond those that `images.dvc` records."""
    here = sum(1 for _ in project.images.glob("part-*.arrow"))
    return max(0, here - (recorded or _NOTHING).num_files)


def _compare(project: Project, before: Recorded, after: Recorded) -> Parts:
    old, new = ({} if side == _NOTHING else read_listing(project, side) for side in (before, after))
    added = {name: md5 for name, md5 in new.items() if name not in old}
    removed = {name: md5 for name, md5 in old.items() if name not in new}
    growth = after.size - before.size
    # The totals are known, so the bytes of one side tell the other's: the shorter list costs fewer requests.
    if len(added) <= len(removed):
        added_bytes = _total_bytes(project, added)
        removed_bytes = None if added_bytes is None else added_bytes - growth
    else:
        removed_bytes = _total_bytes(project, removed)
        added_bytes = None if removed_bytes is None else removed_bytes + growth
    return Parts(
        added=sorted(added),
        removed=sorted(removed),
        num_kept=len(new) - len(added),
        added_bytes=added_bytes,
        removed_bytes=removed_bytes,
    )


def _total_bytes(project: Project, parts: Mapping[str, str]) -> int | None:
    """Return the bytes of parts (name -> MD5); None unless they are all here or known to the cache or the remote."""
    here = {md5: path.stat().st_size for name, md5 in parts.items() if (path := project.images / name).is_file()}
    if len(here) < len(parts):
        with open_objects(project) as objects:
            here |= objects.sizes([md5 for md5 in parts.values() if md5 not in here])
    return sum(here.values()) if len(here) == len(parts) else None
