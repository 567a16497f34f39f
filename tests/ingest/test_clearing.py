from collections.abc import Callable
from pathlib import Path

from winnow.errors import MachineError
from winnow.ingest.clearing import clear
from winnow.ingest.history import parts_in
from winnow.ingest.stores import open_stores
from winnow.project import Project
from winnow.repository.dvc import read_recorded

Record = Callable[..., dict[str, Path]]


def test_old_objects_go_everywhere_after_the_new_ones_came(repository: Project, record_parts: Record) -> None:
    [(old, part)] = record_parts([1, 2]).items()
    part.unlink()
    [new] = record_parts([2])
    recorded = read_recorded(repository)
    assert recorded is not None
    with open_stores(repository) as (cache, [remote]):
        # Nobody has pushed the new part yet.
        remote.delete(new)
        remote.delete(recorded.md5)
        cleared = clear(repository, [old], cache, [remote])
        assert cleared.num_deleted == {"store": 1, "DVC's cache": 1}
        assert cleared.failed == {}
        assert not remote.has(old)
        assert not cache.has(old)
        assert remote.has(new)
        assert parts_in(recorded.md5, [remote]) == parts_in(recorded.md5, [cache]) == {new: cache_name(repository)}
        assert clear(repository, [old], cache, [remote]).num_deleted == {"store": 0, "DVC's cache": 0}


def cache_name(project: Project) -> str:
    [part] = project.images.iterdir()
    return part.name


def test_a_listing_without_all_of_its_parts_is_not_given(repository: Project, record_parts: Record) -> None:
    [(old, part)] = record_parts([1]).items()
    part.unlink()
    one, two = record_parts([2], [3])
    recorded = read_recorded(repository)
    assert recorded is not None
    with open_stores(repository) as (cache, [remote]):
        remote.delete(recorded.md5)
        remote.delete(one)
        cache.delete(one)
        clear(repository, [old], cache, [remote])
        assert not remote.has(old)
        assert not remote.has(recorded.md5)
        assert remote.has(two)


def test_one_store_out_of_reach_stops_no_other(repository: Project, record_parts: Record) -> None:
    [old] = record_parts([1])
    (repository.root.parent / "store").rename(repository.root.parent / "away")
    with open_stores(repository) as (cache, remotes):
        cleared = clear(repository, [old], cache, remotes)
        assert not cache.has(old)
    assert list(cleared.failed) == ["store"]
    assert isinstance(cleared.failed["store"], MachineError)
    assert cleared.num_deleted == {"DVC's cache": 1}


def test_without_a_record_nothing_is_supplied(repository: Project, record_parts: Record) -> None:
    [old] = record_parts([1])
    repository.images_dvc.unlink()
    with open_stores(repository) as (cache, [remote]):
        assert clear(repository, [old], cache, [remote]).num_deleted == {"store": 1, "DVC's cache": 1}
