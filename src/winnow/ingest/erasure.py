"""Erasure: an image leaves the labels and the parts, and what is still to do is on disk until it is done.

Order: what is to be erased and the objects that hold it are written down; the tombstone; the row leaves `labels.csv`;
the parts are replaced; the remotes get the new parts; the old objects go. Whoever comes next reads what is written
down and does the rest.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from winnow.data.labels import Labels, write_labels
from winnow.errors import UsageError
from winnow.files import read_json, write_json
from winnow.ingest.lookup import find_image
from winnow.ingest.tombstones import add_erased
from winnow.project import Project

_ID = re.compile(r"[0-9a-f]{20}")


@dataclass(frozen=True)
class Pending:
    """What an erasure has begun and not finished."""

    targets: dict[str, str] = field(default_factory=dict)
    """What a person typed -> id, for a name leaves `labels.csv` long before the work is done."""

    objects: list[str] = field(default_factory=list)
    """MD5s, to be deleted wherever they are."""


def read_pending(project: Project) -> Pending:
    """Return what an earlier run has not finished; nothing when it has."""
    if not project.erasure.is_file():
        return Pending()
    content = read_json(project.erasure, hint=f"delete {project.erasure} and erase again, by ids")
    return Pending(content["targets"], content["objects"])


def write_pending(project: Project, pending: Pending) -> None:
    """Write down what is still to do; nothing: remove the file."""
    if pending.targets:
        write_json(project.erasure, asdict(pending))
    else:
        project.erasure.unlink(missing_ok=True)


def resolve(labels: Labels, targets: Sequence[str], pending: Pending) -> dict[str, str]:
    """Return the id of everything that was typed, what is pending included.

    An id need not be in `labels.csv`: the bytes of a removed image are still in its part. Raises UsageError for a name
    that no image or several have, and when there is nothing to erase.
    """
    resolved = dict(pending.targets)
    for target in targets:
        if target not in resolved:
            resolved[target] = target if _ID.fullmatch(target) else find_image(labels, target)
    if not resolved:
        raise UsageError("expected an image to erase", hint="winnow erase IMAGE: its id, or its unique name")
    return resolved


def withdraw(project: Project, labels: Labels, ids: Collection[str]) -> None:
    """Leave a tombstone, so that no source brings the images back, and take their rows out of `labels.csv`."""
    add_erased(project.erased, ids)
    if len(rest := labels.without(ids)) < len(labels):
        write_labels(project.labels, rest)


def sweep(project: Project, ids: Collection[str], names: Collection[str], parts: Collection[str]) -> list[Path]:
    """Remove what else on this disk shows or names the images; return the files that are gone.

    Pixels prepared from the old parts, local pages with pictures in them, and a quarantine that names the images.
    """
    pixels = [path for part in parts for path in project.prepared.glob(f"{part}-*.arrow")]
    reports = project.gallery.parent
    pages = [path for path in reports.glob("*.html") if b"data:image/" in path.read_bytes()]
    told = project.quarantine.read_text(encoding="utf-8") if project.quarantine.is_file() else ""
    notes = [project.quarantine] if any(word in told for word in (*ids, *names) if word) else []
    for path in (gone := sorted([*pixels, *pages, *notes])):
        path.unlink()
    return gone
