"""What a pushed tag asks for goes to the default branch, and nowhere else."""

import pytest
from github_api import GitHubServer
from release_samples import request

from winnow.github.client import GitHub, GitHubError
from winnow.release.forwarding import forward


@pytest.mark.parametrize("default_branch", ["main", "trunk"])
def test_the_run_is_one_of_the_default_branch(server: GitHubServer, default_branch: str) -> None:
    repository = server.github.add_repository("rice/leaves", default_branch=default_branch)
    token = server.github.add_token("forward", repository, contents="read", actions="write")
    github = GitHub("rice/leaves", token.secret, server.shapes.api)
    assert forward(github, request(artifact="projects/moles:classifier", stage="production")) == default_branch
    assert repository.dispatches == [
        {
            "workflow": "registry.yaml",
            "ref": default_branch,
            "inputs": {"name": "projects/moles:classifier", "version": "v1.0.0", "stage": "production"},
        }
    ]


def test_without_the_right_nothing_is_started(server: GitHubServer) -> None:
    repository = server.github.add_repository("rice/leaves")
    token = server.github.add_token("reader", repository, contents="read", actions="read")
    with pytest.raises(GitHubError, match="answered 403"):
        forward(GitHub("rice/leaves", token.secret, server.shapes.api), request())
    assert repository.dispatches == []
