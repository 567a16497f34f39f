from collections.abc import Callable
from pathlib import Path

import pytest

from winnow.errors import UsageError
from winnow.ingest.migration import fetch, tracked_by
from winnow.project import Project

WriteImages = Callable[[Path, dict[str, int]], Path]


def test_the_tracker_lies_beside_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert tracked_by("data/raw/") == tmp_path / "data" / "raw.dvc"


def test_a_folder_that_dvc_does_not_track_is_no_migration(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.root)
    with pytest.raises(UsageError, match=r"expected .*raw\.dvc, found nothing"):
        fetch(project, "raw")


def test_files_that_are_here_are_not_pulled_again(
    project: Project, write_images: WriteImages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.root)
    write_images(project.root / "raw", {"cat/1.png": 1})
    (project.root / "raw.dvc").touch()
    # Outside a DVC repository a pull would fail.
    fetch(project, "raw")
