"""Repositories with tags."""

from collections.abc import Callable
from pathlib import Path

import pytest
from history import begin, commit
from registered import Workshop, build_two, introduce

from repository import CHECKOUT
from winnow.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project in a Git repository with one commit, without data and without DVC."""
    root = begin(tmp_path / "project")
    introduce(root, "ada")
    commit(root, {"params.yaml": (CHECKOUT / "params.yaml").read_bytes()})
    return Project(root)


@pytest.fixture
def head(project: Project) -> Callable[..., str]:
    """Return a function that commits files and returns the commit."""
    return lambda files=None: commit(project.root, files)


@pytest.fixture(scope="session")
def two_models(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return build_two(tmp_path_factory.mktemp("shop"))


@pytest.fixture
def shop(two_models: Workshop, tmp_path: Path) -> Workshop:
    return two_models.copy(tmp_path / "shop")
