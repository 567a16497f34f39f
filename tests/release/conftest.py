"""A workshop with a model that can be released, and one with a vault; tests copy them."""

from pathlib import Path

import pytest
from released import Works


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Works:
    works = Works.build(tmp_path_factory.mktemp("works"), has_vault=True)
    works.release_model("1", range(6))
    works.release_model("2", range(2))
    return works


@pytest.fixture
def works(built: Works, tmp_path: Path) -> Works:
    return built.copy(tmp_path / "works")
