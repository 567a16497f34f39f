"""A project in a temporary folder, tiny images, and a source made of a list."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from winnow.data.config import DataConfig
from winnow.data.parts import image_id
from winnow.ingest.config import AddConfig
from winnow.ingest.png import encode_gray
from winnow.ingest.source_item import SourceItem
from winnow.project import Project

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
    return AddConfig(part_size_mb=1, max_pixels=10_000)


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
    environment = {**os.environ, "DVC_NO_ANALYTICS": "1"}
    for command in (["git", "init", "-q"], [sys.executable, "-m", "dvc", "init", "-q"]):
        subprocess.run(command, cwd=root, env=environment, check=True)
    shutil.copy(PARAMS, root)
    return root


@pytest.fixture
def repository(_empty_repository: Path, tmp_path: Path) -> Project:
    """A project in a Git and DVC repository of its own."""
    return Project(shutil.copytree(_empty_repository, tmp_path / "repository"))
