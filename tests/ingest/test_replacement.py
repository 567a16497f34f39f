import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from winnow.data.parts import list_parts, part_ids
from winnow.errors import InputError
from winnow.ingest.history import parts_in
from winnow.ingest.publication import Journal, read_journal
from winnow.ingest.replacement import InCache, replace_here, replace_recorded
from winnow.ingest.stores import open_stores
from winnow.ingest.traces import search
from winnow.project import Project
from winnow.repository.dvc import read_recorded

Record = Callable[..., dict[str, Path]]
TinyId = Callable[[int], str]


def ids_in(project: Project) -> list[str]:
    return sorted(image for part in list_parts(project.images) for image in part_ids(part).to_pylist())


def replace_there(project: Project, *ids: str) -> InCache:
    with open_stores(project) as (cache, remotes):
        return replace_recorded(project, ids, search(project, ids, cache, remotes), cache, remotes)


@pytest.fixture
def bare(repository: Project, record_parts: Record) -> dict[str, Path]:
    """A clone of three parts of which none is here: neither in the folder nor in the cache."""
    parts = record_parts([1, 2], [3], [4, 5])
    shutil.rmtree(repository.images)
    shutil.rmtree(repository.root / ".dvc" / "cache")
    return parts


def test_only_the_parts_that_hold_the_images_are_replaced(
    repository: Project, record_parts: Record, tiny_id: TinyId
) -> None:
    [part, _, other] = record_parts([1, 2], [3], [4]).values()
    replacement = replace_here(repository, [tiny_id(1), tiny_id(3)])
    assert len(ids_in(repository)) == 4
    replacement.publish(repository)
    assert ids_in(repository) == sorted([tiny_id(2), tiny_id(4)])
    assert other.exists()
    assert not part.exists()
    assert read_journal(repository).is_whole


def test_where_no_part_holds_them_nothing_changes(repository: Project, record_parts: Record, tiny_id: TinyId) -> None:
    record_parts([1])
    replace_here(repository, [tiny_id(2)]).publish(repository)
    assert ids_in(repository) == [tiny_id(1)]
    assert read_journal(repository) == Journal()


def test_a_bare_clone_fetches_the_one_part_and_lists_the_new_one(
    repository: Project, bare: dict[str, Path], tiny_id: TinyId
) -> None:
    before = repository.images_dvc.read_bytes()
    replacement = replace_there(repository, tiny_id(1))
    assert repository.images_dvc.read_bytes() == before
    replacement.publish(repository)
    recorded = read_recorded(repository)
    assert recorded is not None
    with open_stores(repository) as (cache, _):
        md5s = parts_in(recorded.md5, [cache])
        assert len(md5s) == recorded.num_files == 3
        [new] = set(md5s) - set(bare)
        assert set(cache.md5s()) == {new}
        contents = cache.look_into(new)
    assert contents is not None
    assert contents.ids is not None
    assert contents.ids.to_pylist() == [tiny_id(2)]
    assert not repository.images.exists()


def test_a_bare_and_a_full_clone_come_to_the_same_parts(
    repository: Project, record_parts: Record, tiny_id: TinyId
) -> None:
    record_parts([1, 2], [3])
    whole = Project(shutil.copytree(repository.root, repository.root.parent / "whole"))
    replace_here(whole, [tiny_id(2)]).publish(whole)
    shutil.rmtree(repository.images)
    replace_there(repository, tiny_id(2)).publish(repository)
    recorded = read_recorded(repository)
    assert recorded is not None
    assert recorded.size == sum(part.stat().st_size for part in list_parts(whole.images))
    with open_stores(repository) as (cache, _):
        assert sorted(parts_in(recorded.md5, [cache]).values()) == [part.name for part in list_parts(whole.images)]


def test_a_part_of_nothing_else_leaves_the_listing(repository: Project, bare: dict[str, Path], tiny_id: TinyId) -> None:
    replace_there(repository, tiny_id(3)).publish(repository)
    recorded = read_recorded(repository)
    assert recorded is not None
    assert recorded.num_files == len(bare) - 1


def test_a_part_that_is_nowhere_stops_it(repository: Project, bare: dict[str, Path], tiny_id: TinyId) -> None:
    md5 = next(iter(bare))
    (repository.root.parent / "store" / "files" / "md5" / md5[:2] / md5[2:]).unlink()
    with pytest.raises(InputError, match=r"to look into every part .*\nhint: dvc pull data/images.dvc"):
        replace_there(repository, tiny_id(3))


def test_a_damaged_part_stops_it(repository: Project, bare: dict[str, Path], tiny_id: TinyId) -> None:
    md5, other = list(bare)[:2]
    store = repository.root.parent / "store" / "files" / "md5"
    # The ids are still there to be read; the bytes of the file are not what its name says.
    content = (store / md5[:2] / md5[2:]).read_bytes()
    (store / md5[:2] / md5[2:]).write_bytes(content.replace(b"IDAT", b"XXXX"))
    with pytest.raises(InputError, match="is damaged"):
        replace_there(repository, tiny_id(1))
    assert other in bare
