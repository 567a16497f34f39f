"""Parts without certain images in the place of those that hold them: prepared beside the data set, then put in."""

import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc

from winnow.data.parts import list_parts, part_ids
from winnow.errors import InputError
from winnow.files import fresh_folder, write_bytes, write_text
from winnow.ingest.history import parts_in
from winnow.ingest.publication import exchange
from winnow.ingest.rewriting import rewrite
from winnow.ingest.stores import Cache, Store
from winnow.ingest.traces import Traces
from winnow.project import Project
from winnow.repository.dvc import listing_bytes, listing_md5, md5_file, read_recorded, rewritten

_PULL = "dvc pull data/images.dvc, then run the command again"


class Replacement(Protocol):
    """New parts that wait: nothing of the data set has changed."""

    def publish(self, project: Project) -> None:
        """Put them in the place of the old ones."""


@dataclass(frozen=True)
class InFolder:
    """Parts in the staging folder, and those in `data/images` that they replace."""

    parts: list[Path]
    leaving: list[Path]

    def publish(self, project: Project) -> None:
        """Exchange them; DVC has still to hear of it (`track_pending`)."""
        if self.leaving:
            exchange(project, self.parts, self.leaving)


@dataclass(frozen=True)
class InCache:
    """Parts in DVC's cache, for a clone on which `data/images` is absent: they are in a new listing of all parts."""

    listing: str
    """Its MD5."""

    num_files: int
    size: int
    """Bytes of all parts."""

    def publish(self, project: Project) -> None:
        """Let `images.dvc` name the new listing; all else that it says stays."""
        text = project.images_dvc.read_text(encoding="utf-8")
        values = {"md5": self.listing, "size": self.size, "nfiles": self.num_files}
        write_text(project.images_dvc, rewritten(text, values, project.images))


def replace_here(project: Project, ids: Collection[str]) -> InFolder:
    """Rewrite the parts in `data/images` that hold the images. Raises InputError for a damaged part."""
    folder = fresh_folder(project.staging)
    parts: list[Path] = []
    leaving: list[Path] = []
    for part in list_parts(project.images):
        is_kept = _others(part, ids)
        if not pc.all(is_kept).as_py():
            leaving.append(part)
            parts += rewrite([(part, is_kept)], folder=folder, part_size_bytes=sys.maxsize)
    return InFolder(parts, leaving)


def replace_recorded(
    project: Project, ids: Collection[str], traces: Traces, cache: Cache, remotes: Sequence[Store]
) -> InCache:
    """Fetch and rewrite the parts that `images.dvc` records and that hold the images, and no others.

    Raises InputError where that cannot be known (a part that is nowhere to be looked into), or a part is damaged.
    """
    recorded = read_recorded(project)
    assert recorded is not None, "a clone without its parts records them"
    stores = [cache, *remotes]
    listing = {name: md5 for md5, name in parts_in(recorded.md5, stores).items()}
    if len(listing) != recorded.num_files or not traces.inspected.issuperset(listing.values()):
        raise InputError(
            "expected to look into every part for the image, found some neither in DVC's cache nor in a remote",
            hint=_PULL,
        )
    folder, size = fresh_folder(project.staging), recorded.size
    for name, md5 in [entry for entry in listing.items() if entry[1] in traces.parts]:
        part = folder / name
        if not any(store.fetch(md5, part) for store in stores) or md5_file(part) != md5:
            raise InputError(f"the part {name} is damaged", hint=_PULL)
        del listing[name]
        size -= part.stat().st_size
        for new in rewrite([(part, _others(part, ids))], folder=folder, part_size_bytes=sys.maxsize):
            listing[new.name] = md5_file(new)
            size += new.stat().st_size
            cache.put(listing[new.name], new)
    md5 = listing_md5(listing)
    write_bytes(folder / md5, listing_bytes(listing))
    cache.put(md5, folder / md5)
    return InCache(md5, len(listing), size)


def _others(part: Path, ids: Collection[str]) -> pa.Array:
    return pc.invert(pc.is_in(part_ids(part), value_set=pa.array(sorted(ids), pa.string())))
