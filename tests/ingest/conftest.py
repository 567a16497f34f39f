"""A project in a temporary folder, tiny images, and a source made of a list."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from repository import dvc, git
from winnow.data.config import DataConfig
from winnow.data.labels import Labels, write_labels
from winnow.data.parts import ImageRecord, PartWriter, image_id, list_parts, part_ids
from winnow.ingest.config import AddConfig
from winnow.ingest.png import encode_gray
from winnow.ingest.source_item import SourceItem
from winnow.project import Project
from winnow.repository.dvc import listing_bytes, listing_md5, md5_file

PARAMS = Path(__file__).parents[2] / "params.yaml"


def tiny_png(number: int) -> bytes:
    """Return a 4 x 4 PNG that differs for every number below 2**16."""
    return encode_gray(number.to_bytes(2, "big") * 8, width=4, height=4)


class ListSource:
    """A source of tiny images, from `name -> (number, label)`."""

    further = ()
    num_repeated_rows = 0

    def __init__(self, images: dict[str, tuple[int, str]]) -> None:
        self._images = images

    def count(self) -> int:
        return len(self._images)

    def items(self) -> Iterator[SourceItem]:
        for name, (number, label) in self._images.items():
            content = b"" if number < 0 else tiny_png(number)
            yield SourceItem(name=name, label=label, content=content, num_bytes=len(content))


@pytest.fixture
def png() -> Callable[[int], bytes]:
    return tiny_png


@pytest.fixture
def tiny_id() -> Callable[[int], str]:
    return lambda number: image_id(tiny_png(number))


@pytest.fixture
def list_source() -> type[ListSource]:
    return ListSource


@pytest.fixture
def config() -> AddConfig:
    return AddConfig(part_size_mb=1, max_pixels=10_000, pseudonymous=False, strip_metadata=False)


@pytest.fixture
def data_config() -> DataConfig:
    return DataConfig(seed=0, val_fraction=0.25, test_fraction=0.2)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    root = tmp_path / "project"
    root.mkdir()
    shutil.copy(PARAMS, root)
    return Project(root)


@pytest.fixture
def write_images() -> Callable[[Path, dict[str, int]], Path]:
    """Return a function that writes `path -> number` as tiny images below a folder."""

    def write(folder: Path, images: dict[str, int]) -> Path:
        for name, number in images.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(tiny_png(number))
        return folder

    return write


@pytest.fixture(scope="session")
def _empty_repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("template") / "repository"
    root.mkdir()
    git(root, "init", "-q")
    dvc(root, "init", "-q")
    shutil.copy(PARAMS, root)
    return root


@pytest.fixture
def repository(_empty_repository: Path, tmp_path: Path) -> Project:
    """A project in a Git and DVC repository of its own."""
    return Project(shutil.copytree(_empty_repository, tmp_path / "repository"))


@pytest.fixture
def record_parts(repository: Project) -> Callable[..., dict[str, Path]]:
    """Return a function that packs lists of numbers into parts that DVC tracks, without a call of DVC.

    It returns the parts by MD5. They are in the cache and in the remote `store`, a folder beside the repository.
    """
    store = repository.root.parent / "store" / "files" / "md5"
    store.mkdir(parents=True)
    config = repository.root / ".dvc" / "config"
    config.write_text(f"['remote \"store\"']\n    url = {store.parents[1]}\n", encoding="utf-8")

    def keep(md5: str, content: bytes) -> None:
        for folder in (repository.root / ".dvc" / "cache" / "files" / "md5", store):
            (folder / md5[:2]).mkdir(parents=True, exist_ok=True)
            (folder / md5[:2] / md5[2:]).write_bytes(content)

    def record(*contents: list[int]) -> dict[str, Path]:
        repository.images.mkdir(parents=True, exist_ok=True)
        parts = {}
        for numbers in contents:
            with PartWriter(folder=repository.images, part_size_bytes=10**9) as writer:
                for number in numbers:
                    image = image_id(tiny_png(number))
                    writer.add(ImageRecord(image, tiny_png(number), "PNG", "L", 4, 4))
            parts[md5_file(writer.parts[0])] = writer.parts[0]
            keep(md5_file(writer.parts[0]), writer.parts[0].read_bytes())
        here = {part.name: md5_file(part) for part in list_parts(repository.images)}
        keep(listing_md5(here), listing_bytes(here))
        size = sum(part.stat().st_size for part in list_parts(repository.images))
        text = (
            f"outs:\n- md5: {listing_md5(here)}\n  size: {size}\n  nfiles: {len(here)}\n  hash: md5\n  path: images\n"
        )
        repository.images_dvc.write_text(text, encoding="utf-8")
        ids = {image for part in list_parts(repository.images) for image in part_ids(part).to_pylist()}
        write_labels(repository.labels, Labels.from_rows((image, "cat", "", "", "") for image in ids))
        return parts

    return record


@pytest.fixture
def commit(repository: Project) -> Callable[..., None]:
    """Return a function that runs Git in the repository: with nothing, it commits all that is there."""

    def run(*arguments: str) -> None:
        for command in [arguments] if arguments else [("add", "--all"), ("commit", "-q", "-m", "data")]:
            git(repository.root, *command)

    return run
