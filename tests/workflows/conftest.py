"""A GitHub on loopback for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from github_api import GitHubServer, github_on_loopback


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitHubServer]:
    with github_on_loopback(tmp_path) as server:
        yield server
