"""A repository with branches to merge."""

from pathlib import Path

import pytest
from branches import Branches


@pytest.fixture
def branches(tmp_path: Path) -> Branches:
    return Branches.create(tmp_path / "repository")
