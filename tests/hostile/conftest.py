"""A small project in the working directory, and a look at all that `winnow add` keeps."""

from collections.abc import Callable
from pathlib import Path

import pytest

from repository import write_params
from winnow.data.parts import list_parts, read_part
from winnow.project import Project


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project without DVC and without images; the working directory is its folder."""
    made = Project(tmp_path / "project")
    made.root.mkdir()
    write_params(made.root, add__max_pixels=2_000_000)
    monkeypatch.chdir(made.root)
    return made


@pytest.fixture
def stored() -> Callable[[Project], dict[str, bytes]]:
    """Return a function from a project to the bytes in its parts by id."""

    def read(project: Project) -> dict[str, bytes]:
        batches = (batch for part in list_parts(project.images) for batch in read_part(part))
        return {row["id"]: row["bytes"] for batch in batches for row in batch.to_pylist()}

    return read
