from collections.abc import Callable
from pathlib import Path

from winnow.ingest.history import other_tips, parts_in, recorded_listings, siblings
from winnow.ingest.stores import open_stores
from winnow.project import Project
from winnow.repository.dvc import read_recorded

Record = Callable[..., dict[str, Path]]
Commit = Callable[..., None]


def listing(project: Project) -> str:
    recorded = read_recorded(project)
    assert recorded is not None
    return recorded.md5


def test_every_version_is_found_committed_on_any_branch_amended_staged_or_not(
    repository: Project, record_parts: Record, commit: Commit
) -> None:
    versions = []
    for number, step in enumerate(("commit", "branch", "amend", "stage", "now")):
        record_parts([number])
        versions.append(listing(repository))
        if step == "branch":
            commit("checkout", "-q", "-b", "other")
        if step in ("commit", "branch"):
            commit()
        if step == "branch":
            commit("checkout", "-q", "-")
            commit("checkout", "-q", "-b", "third")
        if step == "amend":
            commit("commit", "-q", "-a", "--amend", "-m", "again")
        if step == "stage":
            commit("add", "--all")
    assert recorded_listings(repository) == set(versions)
    assert recorded_listings(repository, ["other"]) == {versions[1]}
    # Not `third`, which is checked out; what Git calls the first branch depends on its configuration.
    assert set(other_tips(repository)) - {"main", "master"} == {"other"}


def test_a_broken_version_names_nothing(repository: Project, record_parts: Record, commit: Commit) -> None:
    repository.images_dvc.parent.mkdir()
    repository.images_dvc.write_text("<<<<<<< HEAD\n", encoding="utf-8")
    commit()
    record_parts([1])
    assert recorded_listings(repository) == {listing(repository)}


def test_without_git_or_a_commit_only_the_present_is_known(project: Project, repository: Project) -> None:
    assert recorded_listings(project) == recorded_listings(repository) == set()
    assert other_tips(project) == {}
    assert siblings(project) == []


def test_the_other_projects_of_a_repository_are_found(
    repository: Project, record_parts: Record, commit: Commit
) -> None:
    record_parts([1])
    other = Project(repository.root / "eyes" / "left")
    other.images_dvc.parent.mkdir(parents=True)
    other.images_dvc.write_bytes(repository.images_dvc.read_bytes())
    commit()
    assert siblings(repository) == [other]
    assert [sibling.root.resolve() for sibling in siblings(other)] == [repository.root.resolve()]


def test_a_listing_is_read_from_the_first_store_that_has_it(repository: Project, record_parts: Record) -> None:
    parts = record_parts([1], [2])
    with open_stores(repository) as (cache, remotes):
        cache.path(listing(repository)).unlink()
        assert parts_in(listing(repository), [cache]) == {}
        assert parts_in(listing(repository), [cache, *remotes]) == {md5: part.name for md5, part in parts.items()}
    (repository.root.parent / "store").rename(repository.root.parent / "away")
    with open_stores(repository) as (cache, remotes):
        assert parts_in(listing(repository), [cache, *remotes]) == {}
