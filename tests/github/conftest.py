"""A repository of the loopback GitHub, and a token's view of it."""

import pytest
from github_api import GitHubServer
from github_records import Repository

from winnow.github.client import GitHub


@pytest.fixture
def repository(server: GitHubServer) -> Repository:
    return server.github.add_repository("rice/leaves")


@pytest.fixture
def github(server: GitHubServer, repository: Repository) -> GitHub:
    token = server.github.add_token("winnow", repository, issues="write", pull_requests="read", actions="read")
    return GitHub(repository.full_name, token.secret, server.api_url)
