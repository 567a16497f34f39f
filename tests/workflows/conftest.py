"""A GitHub on loopback for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from github_api import GitHubServer, github_on_loopback


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitHubServer]:
    with github_on_loopback(tmp_path) as server:
        yield server


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitHubServer]:
    """One for all tests of a file, which tell a story together."""
    with github_on_loopback(tmp_path_factory.mktemp("github")) as server:
        yield server
