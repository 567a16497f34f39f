"""A GitHub on loopback for each test, and a token's view of one of its repositories."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from github_api import GitHubServer, github_on_loopback
from github_records import Repository

from winnow.github.client import GitHub


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHubServer]:
    with github_on_loopback(tmp_path) as server:
        for name, value in server.certificate.variables().items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture
def repository(server: GitHubServer) -> Repository:
    return server.github.add_repository("rice/leaves")


@pytest.fixture
def github(server: GitHubServer, repository: Repository) -> GitHub:
    token = server.github.add_token("winnow", repository, issues="write", pull_requests="read", actions="read")
    return GitHub(repository.full_name, token.secret, server.api_url)
