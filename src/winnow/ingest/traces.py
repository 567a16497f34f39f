"""Which objects of DVC hold certain images: their parts, of today and of earlier, and pixels prepared from those."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.compute as pc

from winnow.data.labels import read_labels
from winnow.data.parts import ID_DIGITS, list_parts, part_ids, part_name
from winnow.errors import MachineError, WinnowError
from winnow.files import sha256_file
from winnow.ingest.history import other_tips, parts_in, recorded_listings, siblings
from winnow.ingest.stores import Cache, Contents, Store
from winnow.project import Project
from winnow.repository.dvc import md5_file, read_recorded
from winnow.repository.revisions import read_tracked_at


@dataclass
class Traces:
    """What a search found."""

    parts: dict[str, pa.Array] = field(default_factory=dict)
    """MD5 of a part with one of the images -> the ids of all its images."""

    names: set[str] = field(default_factory=set)
    """The names of these parts, without extension."""

    pixels: set[str] = field(default_factory=set)
    """MD5s of pixels prepared from them."""

    listed: dict[str, str] = field(default_factory=dict)
    """MD5 -> file name, of every part that a version of `images.dvc` lists."""

    inspected: set[str] = field(default_factory=set)
    """MD5s of the objects that were looked into."""

    unreachable: dict[str, MachineError] = field(default_factory=dict)
    """By remote: it may have more."""

    def note(self, md5: str, contents: Contents, wanted: pa.Array) -> bool:
        """Remember an object; return whether it is a part with one of the wanted images."""
        self.inspected.add(md5)
        is_holder = contents.ids is not None and pc.any(pc.is_in(wanted, value_set=contents.ids)).as_py()
        if is_holder:
            self.parts[md5] = contents.ids
        return bool(is_holder)


def search(project: Project, ids: Collection[str], cache: Cache | None, remotes: Iterable[Store]) -> Traces:
    """Look for the images in `data/images`, in all of the cache, and in every part of Git's history in the remotes.

    A few kilobytes of a part are read, not its images. A remote that cannot be reached is noted as such. With no cache
    there is no DVC, and only the folder to look into.
    """
    wanted = pa.array(sorted(ids), pa.string())
    traces = Traces()
    for part in list_parts(project.images):
        if pc.any(pc.is_in(wanted, value_set=part_ids(part))).as_py():
            traces.note(md5_file(part), Contents(part_ids(part)), wanted)
            traces.names.add(part_name(part))
    if cache:
        _search_stores(project, traces, wanted, cache, remotes)
    return traces


def _search_stores(project: Project, traces: Traces, wanted: pa.Array, cache: Cache, remotes: Iterable[Store]) -> None:
    for listing in sorted(recorded_listings(project)):
        traces.listed |= parts_in(listing, [cache, *remotes])
    pixels: dict[str, set[str]] = {}
    for md5 in cache.md5s():
        contents = cache.look_into(md5) or Contents()
        if traces.note(md5, contents, wanted) and md5 not in traces.listed:
            traces.names.add(f"part-{sha256_file(cache.path(md5))[:ID_DIGITS]}")
        pixels.setdefault(contents.made_from, set()).add(md5)
    for remote in remotes:
        try:
            remote.connect()
            for md5 in sorted(traces.listed.keys() - traces.inspected):
                if found := remote.look_into(md5):
                    traces.note(md5, found, wanted)
        except MachineError as error:
            traces.unreachable[remote.name] = error
    traces.names |= {part_name(Path(traces.listed[md5])) for md5 in traces.parts if md5 in traces.listed}
    traces.pixels = {md5 for name in traces.names for md5 in pixels.get(name, ())}


def needed_elsewhere(project: Project, traces: Traces, erased: Collection[str], stores: list[Store]) -> dict[str, str]:
    """Return the parts that somebody else still needs, MD5 -> who: deleting those would lose images.

    A part is needed by another project of the repository that lists it. It is needed by another branch that lists it
    and labels an image that is not here; erasing on that branch then deletes it. Another cached part with images that
    are not here belongs to nobody we know.
    """
    needed: dict[str, str] = {}
    if not traces.parts:
        return needed
    for sibling in siblings(project):
        recorded = read_recorded(sibling)
        listed = parts_in(recorded.md5, stores) if recorded else {}
        needed |= {md5: f"the project {sibling.root}" for md5 in traces.parts if md5 in listed}
    here = _current_ids(project, stores)
    elsewhere = {md5: _without(ids, {*erased, *here}) for md5, ids in traces.parts.items()}
    elsewhere = {md5: ids for md5, ids in elsewhere.items() if ids}
    needed |= {
        md5: "nobody that this project knows of (`dvc gc -w` drops it)" for md5 in elsewhere if md5 not in traces.listed
    }
    for branch, commit in other_tips(project).items() if elsewhere else ():
        there = {md5 for listing in recorded_listings(project, [commit]) for md5 in parts_in(listing, stores)}
        for md5 in there & elsewhere.keys():
            labelled = _labelled_at(project, commit)
            if labelled is None or not labelled.isdisjoint(elsewhere[md5]):
                needed[md5] = f"the branch {branch}"
    return needed


def _current_ids(project: Project, stores: list[Store]) -> set[str]:
    if parts := list_parts(project.images):
        return {image for part in parts for image in part_ids(part).to_pylist()}
    recorded = read_recorded(project)
    ids: set[str] = set()
    for md5 in parts_in(recorded.md5, stores) if recorded else ():
        for store in stores:
            try:
                contents = store.look_into(md5)
            except MachineError:
                continue
            if contents and contents.ids is not None:
                ids.update(contents.ids.to_pylist())
                break
    return ids


def _without(ids: pa.Array, others: set[str]) -> set[str]:
    return set(ids.to_pylist()) - others


def _labelled_at(project: Project, commit: str) -> set[str] | None:
    """Return the ids that a commit labels; None when that cannot be known."""
    try:
        content = read_tracked_at(project, commit, project.labels) or b""
        with TemporaryDirectory() as folder:
            path = Path(folder, project.labels.name)
            path.write_bytes(content)
            return set(read_labels(path).column("id"))
    except WinnowError:
        return None
