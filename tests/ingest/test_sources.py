from collections.abc import Callable
from pathlib import Path

import pytest

from winnow.data.config import DataConfig
from winnow.errors import InputError, UsageError
from winnow.ingest.source_arrays import DigitsSource
from winnow.ingest.source_folder import FolderSource
from winnow.ingest.source_item import Source
from winnow.ingest.source_table import TableSource
from winnow.ingest.sources import open_source
from winnow.project import Project

WriteImages = Callable[[Path, dict[str, int]], Path]
Open = Callable[..., Source]


@pytest.fixture
def opened(project: Project, data_config: DataConfig, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Open a source as the command line does, from the project's folder."""
    monkeypatch.chdir(project.root)
    return lambda text, label=None: open_source(project, text, label=label, data=data_config)


def test_the_argument_tells_the_kind(opened: Open, project: Project, write_images: WriteImages) -> None:
    write_images(project.root, {"raw/cat/1.png": 1})
    (project.root / "list.CSV").write_text("path,label\nraw/cat/1.png,cat\n", encoding="utf-8")
    assert isinstance(opened("raw"), FolderSource)
    assert isinstance(opened("list.CSV"), TableSource)
    assert isinstance(opened("sklearn:digits"), DigitsSource)


def test_items_do_not_depend_on_the_working_directory_of_a_worker(
    opened: Open, project: Project, write_images: WriteImages
) -> None:
    write_images(project.root, {"raw/cat/1.png": 1})
    [item] = opened("raw").items()
    assert item.path == str(project.root / "raw" / "cat" / "1.png")


def test_an_idx_folder_is_named_with_its_prefix(opened: Open) -> None:
    with pytest.raises(InputError, match="expected a folder of idx files"):
        opened("idx:absent")


@pytest.mark.parametrize(
    ("text", "label", "message"),
    [
        ("sklearn:digit", None, "did you mean `digits`"),
        ("params.yaml", None, "got the file params.yaml"),
        ("sklearn:digits", "cat", "--label goes with a folder"),
        ("raw", " ", "expected a name after --label"),
        ("raw", "x" * 256, "expected a shorter class name"),
        (".", None, "contains the project's own data"),
        ("..", None, "contains the project's own data"),
    ],
)
def test_what_is_no_source_is_refused(
    opened: Open, project: Project, write_images: WriteImages, text: str, label: str, message: str
) -> None:
    write_images(project.root, {"raw/1.png": 1})
    with pytest.raises(UsageError, match=message):
        opened(text, label)


def test_an_absent_path_is_an_input_error(opened: Open, project: Project) -> None:
    with pytest.raises(InputError, match="found no nowhere"):
        opened("nowhere")
    (project.root / "raw.dvc").touch()
    with pytest.raises(InputError, match="winnow add raw --migrate pulls it first"):
        opened("raw")
