"""A repository whose pull request was trained."""

from pathlib import Path

import pytest
from github_api import GitHubServer
from trained import Trained


@pytest.fixture
def trained(trained_template: Path, tmp_path: Path, server: GitHubServer) -> Trained:
    return Trained.create(trained_template, tmp_path, server)
