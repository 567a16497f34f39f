import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from winnow.data.labels import Labels, read_labels, write_labels
from winnow.data.pixels import write_pixels
from winnow.ingest.stores import open_stores
from winnow.ingest.traces import Traces, needed_elsewhere, search
from winnow.project import Project
from winnow.repository.dvc import md5_file
from winnow.transforms.spec import PreprocessSpec

Record = Callable[..., dict[str, Path]]
Commit = Callable[..., None]
TinyId = Callable[[int], str]


def found(project: Project, *ids: str) -> Traces:
    with open_stores(project) as (cache, remotes):
        return search(project, ids, cache, remotes)


def needed(project: Project, *ids: str) -> dict[str, str]:
    with open_stores(project) as (cache, remotes):
        return needed_elsewhere(project, search(project, ids, cache, remotes), ids, [cache, *remotes])


def forget(project: Project, parts: dict[str, Path]) -> None:
    """Remove parts from the folder, as a compaction does."""
    for part in parts.values():
        part.unlink()


def test_parts_of_today_of_earlier_and_of_nowhere_are_found(
    repository: Project, record_parts: Record, commit: Commit, tiny_id: TinyId
) -> None:
    old = record_parts([1, 2])
    commit()
    forget(repository, old)
    never_committed = record_parts([1, 3])
    forget(repository, never_committed)
    now, other = record_parts([1, 2, 3]), record_parts([4])
    traces = found(repository, tiny_id(1))
    assert set(traces.parts) == {*old, *never_committed, *now}
    assert traces.names == {part.stem for part in [*old.values(), *never_committed.values(), *now.values()]}
    assert traces.inspected == {*traces.parts, *other}
    assert traces.unreachable == {}


def test_a_part_that_only_a_remote_has_is_found_by_the_history(
    repository: Project, record_parts: Record, commit: Commit, tiny_id: TinyId
) -> None:
    old = record_parts([1, 2])
    commit()
    forget(repository, old)
    now = record_parts([1])
    with open_stores(repository) as (cache, _):
        cache.path(next(iter(old))).unlink()
    traces = found(repository, tiny_id(1))
    assert set(traces.parts) == {*old, *now}
    assert {part.stem for part in old.values()} < traces.names


def test_pixels_are_found_by_the_part_they_were_made_from(
    repository: Project, record_parts: Record, tiny_id: TinyId
) -> None:
    spec = PreprocessSpec(
        size=4, channels=1, fit="stretch", resample="bicubic", alpha="composite", background=[0, 0, 0]
    )
    objects = []
    for part in [*record_parts([1]).values(), *record_parts([2]).values()]:
        write_pixels(part, spec, repository.root / "pixels")
        objects.append(md5_file(repository.root / "pixels"))
        with open_stores(repository) as (cache, _):
            cache.put(objects[-1], repository.root / "pixels")
    assert found(repository, tiny_id(1)).pixels == {objects[0]}
    assert found(repository, tiny_id(3)).pixels == set()


def test_a_remote_out_of_reach_is_noted(repository: Project, record_parts: Record, tiny_id: TinyId) -> None:
    parts = record_parts([1])
    forget(repository, parts)
    with open_stores(repository) as (cache, _):
        cache.path(next(iter(parts))).unlink()
    (repository.root.parent / "store").rename(repository.root.parent / "away")
    traces = found(repository, tiny_id(1))
    assert list(traces.unreachable) == ["store"]
    assert traces.parts == {}


def test_what_is_here_too_is_needed_by_nobody(
    repository: Project, record_parts: Record, commit: Commit, tiny_id: TinyId
) -> None:
    old = record_parts([1, 2])
    commit()
    commit("branch", "other")
    forget(repository, old)
    record_parts([2])
    commit()
    assert needed(repository, tiny_id(1)) == {}


@pytest.mark.parametrize("is_labelled", [True, False])
def test_a_part_is_needed_by_a_branch_that_labels_an_image_which_is_only_there(
    repository: Project, record_parts: Record, commit: Commit, tiny_id: TinyId, is_labelled: bool
) -> None:
    old = record_parts([1, 2])
    if not is_labelled:
        write_labels(repository.labels, read_labels(repository.labels).without([tiny_id(2)]))
    commit()
    commit("branch", "other")
    forget(repository, old)
    record_parts([3])
    commit()
    assert needed(repository, tiny_id(1)) in (
        [dict.fromkeys(old, f"the branch {name}") for name in ("main", "master", "other")] if is_labelled else [{}]
    )


def test_a_part_is_needed_by_a_branch_whose_labels_cannot_be_read(
    repository: Project, record_parts: Record, commit: Commit, tiny_id: TinyId
) -> None:
    old = record_parts([1, 2])
    repository.labels.unlink()
    commit()
    commit("branch", "other")
    forget(repository, old)
    record_parts([3])
    commit()
    assert set(needed(repository, tiny_id(1))) == set(old)


def test_a_part_is_needed_by_another_project_that_lists_it(
    repository: Project, record_parts: Record, commit: Commit, tiny_id: TinyId
) -> None:
    shared = record_parts([1])
    other = Project(repository.root / "eyes")
    other.images_dvc.parent.mkdir(parents=True)
    other.images_dvc.write_bytes(repository.images_dvc.read_bytes())
    commit()
    forget(repository, shared)
    record_parts([2])
    assert needed(repository, tiny_id(1)) == dict.fromkeys(shared, f"the project {other.root}")


def test_a_cached_part_with_images_that_nobody_here_knows_stays(
    repository: Project, record_parts: Record, tiny_id: TinyId
) -> None:
    strange = record_parts([1, 2])
    forget(repository, strange)
    record_parts([3])
    write_labels(repository.labels, Labels.empty())
    assert set(needed(repository, tiny_id(1))) == set(strange)
    assert "dvc gc -w" in next(iter(needed(repository, tiny_id(1)).values()))


def test_without_dvc_the_folder_is_searched(repository: Project, record_parts: Record, tiny_id: TinyId) -> None:
    [part, _] = record_parts([1, 2], [3]).values()
    traces = search(repository, [tiny_id(1)], None, [])
    assert traces.names == {part.stem}
    assert set(traces.parts) == {md5_file(part)}


def test_a_part_is_found_whose_listing_is_nowhere(repository: Project, record_parts: Record, tiny_id: TinyId) -> None:
    parts = record_parts([1, 2])
    shutil.rmtree(repository.root / ".dvc" / "cache")
    (repository.root.parent / "store").rename(repository.root.parent / "away")
    traces = found(repository, tiny_id(1))
    assert set(traces.parts) == set(parts)
    assert list(traces.unreachable) == ["store"]
