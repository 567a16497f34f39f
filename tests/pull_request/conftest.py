"""A GitHub on loopback for each test, and a repository whose pull request was trained, made once and copied."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from github_api import GitHubServer, github_on_loopback
from trained import Trained, train


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHubServer]:
    with github_on_loopback(tmp_path) as server:
        for name, value in server.certificate.variables().items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture(scope="session")
def trained_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("trained")
    train(root)
    return root


@pytest.fixture
def trained(trained_template: Path, tmp_path: Path, server: GitHubServer) -> Trained:
    return Trained.create(trained_template, tmp_path, server)
