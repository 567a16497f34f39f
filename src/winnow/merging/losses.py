"""Parts that `images.dvc` has lost since a commit, though `labels.csv` names images that they alone hold.

Plain `dvc repro` in a folder that holds some of the parts records those as the whole data set, and says nothing.
`winnow compact` and `winnow erase` replace parts too: the new ones then hold every image that is still named.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from winnow.errors import InputError
from winnow.merging.coverage import cover, not_held
from winnow.project import Project
from winnow.repository.dvc import parse_recorded, read_recorded
from winnow.repository.git import read_at
from winnow.repository.listings import read_listing

Holds = Callable[[str, str], pa.Array | None]
"""From a part's name and MD5 to the ids of its images; None where nobody can tell."""


@dataclass(frozen=True)
class Loss:
    """What became of the parts that a commit recorded."""

    num_before: int = 0
    """Parts that the commit recorded."""

    num_new: int = 0
    """Parts that are recorded now and were not then."""

    parts: list[str] = field(default_factory=list)
    """Those that are lost."""

    unknown: str = ""
    """Why that cannot be told; empty: it can."""


def find_loss(project: Project, commit: str, wanted: pa.Array, holds: Holds) -> Loss:
    """Compare `images.dvc` of the work tree with that of `commit` (what `resolve` returned); `wanted` are ids.

    Only listings are read where no part has left; where some have, what the others hold. Raises InputError when the
    `images.dvc` of the work tree is malformed.
    """
    text, now = read_at(project, commit, project.images_dvc), read_recorded(project)
    if text is None:
        return Loss()
    try:
        then = parse_recorded(text.decode("utf-8", "replace"), Path(f"{commit[:12]}: {project.images_dvc.name}"))
        if now and now.md5 == then.md5:
            return Loss(num_before=then.num_files)
        listing = read_listing(project, now) if now else {}
    except InputError as error:
        return Loss(unknown=error.message)
    try:
        before = read_listing(project, then)
    except InputError as error:
        # Without the list of what there was, nothing was lost if nothing is missing.
        absent, _ = not_held(listing, wanted, lambda name: holds(name, listing[name]))
        return Loss(num_before=then.num_files, unknown=error.message if len(absent) else "")
    known = before | listing
    leaving = before.keys() - listing.keys()
    coverage = cover(leaving, listing, wanted, pa.array([], pa.string()), lambda name: holds(name, known[name]))
    return Loss(len(before), len(listing.keys() - before.keys()), coverage.returning, _told(coverage.unknown))


def _told(unknown: list[str]) -> str:
    if not unknown:
        return ""
    others = f" ({len(unknown)} in all)" if len(unknown) > 1 else ""
    return f"what {unknown[0]} holds{others}, for it is neither here nor in a remote that can be reached"
