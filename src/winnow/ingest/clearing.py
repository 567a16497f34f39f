"""The last steps of an erasure: every remote gets what replaces the old objects, then it and the cache lose those."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from winnow.errors import MachineError
from winnow.ingest.history import parts_in
from winnow.ingest.stores import Cache, Store
from winnow.project import Project
from winnow.repository.dvc import read_recorded


@dataclass
class Cleared:
    """What was deleted, and what could not be."""

    num_deleted: dict[str, int] = field(default_factory=dict)
    """Objects by store."""

    failed: dict[str, MachineError] = field(default_factory=dict)
    """By store."""


def clear(project: Project, objects: Collection[str], cache: Cache, remotes: Sequence[Store]) -> Cleared:
    """Delete objects from every store, and make sure that they are gone; one store's failure stops no other."""
    cleared = Cleared()
    for store in (*remotes, cache):
        try:
            found = [md5 for md5 in sorted(objects) if store.has(md5)]
            if found and store is not cache:
                # The other images of an old part are in the new one: that is safe there before the old one goes.
                _supply(project, cache, store)
            cleared.num_deleted[store.name] = sum(store.delete(md5) for md5 in found)
        except MachineError as error:
            cleared.failed[store.name] = error
    return cleared


def _supply(project: Project, cache: Cache, remote: Store) -> None:
    """Give a remote the parts of today that it lacks, and then their listing, as `dvc push` would."""
    recorded = read_recorded(project)
    if recorded is None:
        return
    md5s = parts_in(recorded.md5, [cache])
    for md5 in md5s:
        if cache.has(md5):
            remote.put(md5, cache.path(md5))
    # A listing that is there tells DVC that all its parts are.
    if md5s and all(remote.has(md5) for md5 in md5s):
        remote.put(recorded.md5, cache.path(recorded.md5))
