"""A GitHub on loopback for whoever asks for one, and a pull request that was trained, made once and copied."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from github_api import GitHubServer

# Imported late: tests of the installed wheel run without most of what these need.


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator["GitHubServer"]:
    """One that this process trusts."""
    from github_api import github_on_loopback

    with github_on_loopback(tmp_path) as server:
        for name, value in server.certificate.variables().items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture(scope="session")
def trained_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from trained import train

    root = tmp_path_factory.mktemp("trained")
    train(root)
    return root
