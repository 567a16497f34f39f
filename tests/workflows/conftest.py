"""A GitHub on loopback for a whole file."""

from collections.abc import Iterator

import pytest
from github_api import GitHubServer, github_on_loopback


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitHubServer]:
    """One for all tests of a file, which tell a story together."""
    with github_on_loopback(tmp_path_factory.mktemp("github")) as server:
        yield server
