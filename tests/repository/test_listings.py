import shutil
from pathlib import Path

import pytest

from repository import dvc, git
from winnow.errors import InputError, UsageError
from winnow.project import Project
from winnow.repository.dvc import Recorded, listing_bytes, listing_md5, md5_bytes, read_recorded
from winnow.repository.listings import Objects, open_objects, parse_listing, read_listing, read_object

PARTS = {"part-a.arrow": "1" * 32, "part-b.arrow": "2" * 32}


@pytest.fixture(scope="session")
def _empty_repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("template") / "repository"
    root.mkdir()
    git(root, "init", "-q")
    dvc(root, "init", "-q")
    return root


@pytest.fixture
def project(_empty_repository: Path, tmp_path: Path) -> Project:
    """A Git and DVC repository without a remote."""
    return Project(shutil.copytree(_empty_repository, tmp_path / "repository"))


def set_remote(project: Project, folder: Path) -> Path:
    """Make `folder` the default remote; return where it keeps objects."""
    text = f"[core]\n    remote = store\n['remote \"store\"']\n    url = {folder}\n"
    (project.root / ".dvc" / "config").write_text(text, encoding="utf-8")
    return folder / "files" / "md5"


def put(store: Path, md5: str, content: bytes) -> None:
    (store / md5[:2]).mkdir(parents=True, exist_ok=True)
    (store / md5[:2] / md5[2:]).write_bytes(content)


def recorded_parts() -> Recorded:
    return Recorded(md5=listing_md5(PARTS), size=10, num_files=2)


def test_what_was_written_is_read_and_trusted_by_dvc(project: Project) -> None:
    with open_objects(project) as objects:
        md5 = objects.write_listing(PARTS)
        assert objects.write_listing(PARTS) == md5
        assert objects.path(md5).stat().st_mode & 0o222 == 0
        text = objects.write(b"text")
        assert objects.read(text, "a text") == b"text"
    assert read_listing(project, recorded_parts()) == PARTS


def test_a_listing_that_only_the_remote_has_is_fetched_once(project: Project, tmp_path: Path) -> None:
    store = set_remote(project, tmp_path / "store")
    put(store, listing_md5(PARTS), listing_bytes(PARTS))
    assert read_listing(project, recorded_parts()) == PARTS
    shutil.rmtree(store)
    assert read_listing(project, recorded_parts()) == PARTS


def test_a_damaged_listing_in_the_cache_gives_way_to_the_remotes(project: Project, tmp_path: Path) -> None:
    store = set_remote(project, tmp_path / "store")
    put(store, listing_md5(PARTS), listing_bytes(PARTS))
    put(project.root / ".dvc" / "cache" / "files" / "md5", listing_md5(PARTS), b"[]")
    assert read_listing(project, recorded_parts()) == PARTS
    put(store, listing_md5({}), b"[1]")
    with pytest.raises(InputError, match="the remote's copy is damaged"):
        read_listing(project, Recorded(md5=listing_md5({}), size=0, num_files=0))


def test_a_damaged_object_is_not_taken(project: Project) -> None:
    put(project.root / ".dvc" / "cache" / "files" / "md5", md5_bytes(b"labels"), b"damaged")
    with pytest.raises(InputError, match=r"labels is neither in DVC's cache nor in the remote"):
        read_object(project, md5_bytes(b"labels"), "labels")


def test_a_project_below_the_repository_uses_its_cache(project: Project) -> None:
    put(project.root / ".dvc" / "cache" / "files" / "md5", md5_bytes(b"labels"), b"labels")
    below = Project(project.root / "a" / "b")
    below.root.mkdir(parents=True)
    assert read_object(below, md5_bytes(b"labels"), "labels") == b"labels"


def test_without_a_remote_the_message_says_so(project: Project) -> None:
    with pytest.raises(InputError, match=r"nor in the remote: there is no default remote\nhint: `dvc push`"):
        read_listing(project, recorded_parts())


def test_a_remote_that_lacks_the_listing_or_cannot_be_used_is_named(project: Project, tmp_path: Path) -> None:
    set_remote(project, tmp_path / "store")
    with pytest.raises(InputError, match="the remote does not have it"):
        read_listing(project, recorded_parts())
    text = "[core]\n    remote = store\n['remote \"store\"']\n    url = unheard://of\n"
    (project.root / ".dvc" / "config").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"DVC cannot open its repository: .*unheard.*\nhint: mend"):
        read_listing(project, recorded_parts())


def test_a_library_of_a_remote_may_raise_anything(project: Project) -> None:
    def refuse() -> None:
        raise PermissionError("403 storage.objects.get denied")

    with open_objects(project) as objects:
        closed = Objects(objects._cache, refuse)
        with pytest.raises(InputError, match=r"nor in the remote: 403 storage\.objects\.get denied"):
            closed.read(recorded_parts().md5, "the list")
        assert closed.sizes(["1" * 32]) == {}


def test_outside_a_dvc_repository_there_are_no_objects(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no DVC repository"):
        read_listing(Project(tmp_path), recorded_parts())


@pytest.mark.parametrize("content", [b"", b"{}1", b"[1]", b'[{"md5": "1"}]', b'[{"md5": "1", "relpath": "a/b"}]'])
def test_an_object_that_lists_no_parts_is_refused(content: bytes) -> None:
    with pytest.raises(InputError, match=r"expected the object 1\.dir to list the parts"):
        parse_listing(content, "1.dir")


def test_sizes_come_from_the_cache_or_the_remote_and_the_rest_is_left_out(project: Project, tmp_path: Path) -> None:
    here, there, nowhere = (digit * 32 for digit in "123")
    put(project.root / ".dvc" / "cache" / "files" / "md5", here, b"here")
    with open_objects(project) as objects:
        assert objects.sizes([here, there, nowhere]) == {here: 4}
    put(set_remote(project, tmp_path / "store"), there, b"there")
    with open_objects(project) as objects:
        assert objects.sizes([here, there, nowhere]) == {here: 4, there: 5}


def test_a_listing_of_dvcs_own_is_read_and_ours_has_its_bytes(project: Project) -> None:
    project.images.mkdir(parents=True)
    for name in ("part-b.arrow", "part-a.arrow"):
        (project.images / name).write_text(name, encoding="utf-8")
    dvc(project.root, "add", "-q", "data/images")
    recorded = read_recorded(project)
    assert recorded is not None
    listing = read_listing(project, recorded)
    assert sorted(listing) == ["part-a.arrow", "part-b.arrow"]
    assert listing_md5(listing) == recorded.md5
    with open_objects(project) as objects:
        assert objects.path(recorded.md5).read_bytes() == listing_bytes(listing)
        assert sum(objects.sizes(list(listing.values())).values()) == recorded.size
