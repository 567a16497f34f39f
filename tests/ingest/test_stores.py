import io
from collections.abc import Callable
from pathlib import Path

import pytest

from winnow.data.parts import part_ids
from winnow.data.pixels import write_pixels
from winnow.errors import InputError, MachineError, UsageError
from winnow.ingest.stores import Contents, open_stores, read_contents
from winnow.project import Project
from winnow.transforms.spec import PreprocessSpec

Record = Callable[..., dict[str, Path]]


class CountingFile(io.RawIOBase):
    """Counts what is read of a file."""

    def __init__(self, path: Path) -> None:
        self._content = path.read_bytes()
        self._position = self.num_read = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = 0) -> int:
        self._position = offset + (0, self._position, len(self._content))[whence]
        return self._position

    def read(self, size: int = -1) -> bytes:
        block = self._content[self._position :][: size if size >= 0 else None]
        self._position += len(block)
        self.num_read += len(block)
        return block


def test_the_cache_and_the_remotes_are_looked_into(repository: Project, record_parts: Record) -> None:
    parts = record_parts([1, 2], [3])
    with open_stores(repository) as (cache, remotes):
        assert [remote.name for remote in remotes] == ["store"]
        assert set(cache.md5s()) == set(parts)
        for md5, part in parts.items():
            for store in (cache, *remotes):
                contents = store.look_into(md5)
                assert contents is not None
                assert contents.ids == part_ids(part)
            assert cache.path(md5).read_bytes() == part.read_bytes()
        assert cache.look_into("0" * 32) is None
        assert cache.read("0" * 32) is None
        assert not cache.has("0" * 32)
        assert not remotes[0].fetch("0" * 32, repository.root / "x")


def test_objects_are_stored_fetched_and_deleted(repository: Project, record_parts: Record, tmp_path: Path) -> None:
    [(md5, part)] = record_parts([1]).items()
    with open_stores(repository) as (cache, [remote]):
        for store in (cache, remote):
            assert store.delete(md5)
            assert not store.has(md5)
            assert not store.delete(md5)
            store.put(md5, part)
            assert store.fetch(md5, tmp_path / "copy")
            assert (tmp_path / "copy").read_bytes() == part.read_bytes()


def test_what_is_still_there_after_a_deletion_is_told(
    repository: Project, record_parts: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    [md5] = record_parts([1])
    with open_stores(repository) as (_, [remote]):
        assert remote.has(md5)
        monkeypatch.setattr(remote._odb, "delete", lambda _: None)
        with pytest.raises(MachineError, match="store still has"):
            remote.delete(md5)


def test_a_disk_that_is_not_mounted_is_no_empty_remote(repository: Project, record_parts: Record) -> None:
    [md5] = record_parts([1])
    (repository.root.parent / "store").rename(repository.root.parent / "away")
    with open_stores(repository) as (_, [remote]):
        for _ in range(2):
            with pytest.raises(MachineError, match=r"store cannot be reached: .*\nhint: connect it"):
                remote.has(md5)


def test_outside_of_a_dvc_repository_there_are_no_stores(project: Project) -> None:
    with pytest.raises(UsageError, match="no DVC repository"), open_stores(project):
        pass


def test_a_part_is_looked_into_without_reading_its_images(repository: Project, record_parts: Record) -> None:
    [part] = record_parts(list(range(3000))).values()
    stream = CountingFile(part)
    assert read_contents(stream).ids == part_ids(part)
    assert stream.num_read < part.stat().st_size / 2


def test_pixels_say_which_part_they_were_made_from(repository: Project, record_parts: Record, tmp_path: Path) -> None:
    [part] = record_parts([1]).values()
    spec = PreprocessSpec(
        size=4, channels=1, fit="stretch", resample="bicubic", alpha="composite", background=[0, 0, 0]
    )
    write_pixels(part, spec, tmp_path / "pixels")
    with (tmp_path / "pixels").open("rb") as stream:
        assert read_contents(stream) == Contents(made_from=part.stem)


@pytest.mark.parametrize("content", [b"", b"ARRO", b"ARROW1", b"ARROW1\0\0 and no more", b"a model"])
def test_other_files_hold_nothing(content: bytes) -> None:
    assert read_contents(io.BytesIO(content)) == Contents()


def test_a_configuration_that_dvc_refuses_is_told_as_one(repository: Project) -> None:
    config = "['remote \"store\"']\n    url = unheard://of\n"
    (repository.root / ".dvc" / "config").write_text(config, encoding="utf-8")
    with (
        pytest.raises(InputError, match=r"DVC cannot open its repository: .*unheard.*\nhint: mend"),
        open_stores(repository),
    ):
        pass
