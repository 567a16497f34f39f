import pytest
from github_api import GitHubServer
from github_records import Pull, Repository

from winnow.github.client import GitHub, GitHubError
from winnow.github.pulls import changed_paths, get_pull, open_pulls_of, pulls_of_commit
from winnow.github.runs import Run, get_run

SHA, OTHER = "ab" * 20, "cd" * 20


@pytest.fixture
def fork(server: GitHubServer, repository: Repository) -> Repository:
    return server.github.add_repository("eve/leaves", parent=repository)


def run_of(server: GitHubServer, github: GitHub, pull: Pull) -> Run:
    where = {"path": "p.yaml", "event": "pull_request", "head_sha": SHA, "head_branch": pull.branch}
    base = server.github.repositories[github.repository]
    return get_run(github, server.github.add_run(base, head=pull.head, name="pipeline", **where).id)


def test_a_pull_request_is_read_by_its_number(server: GitHubServer, repository: Repository, github: GitHub) -> None:
    server.github.add_pull(repository, "topic", stored_sha=SHA, labels=["winnow:accept"])
    pull = get_pull(github, 1)
    assert (pull.number, pull.head_sha, pull.head_branch, pull.base_branch) == (1, SHA, "topic", "main")
    assert (pull.head_repository, pull.labels, pull.state) == ("rice/leaves", ("winnow:accept",), "open")
    with pytest.raises(GitHubError):
        get_pull(github, 2)


def test_the_paths_that_a_pull_request_changes(server: GitHubServer, repository: Repository, github: GitHub) -> None:
    files = [f"data/{number}.csv" for number in range(150)]
    server.github.add_pull(repository, "topic", stored_sha=SHA, files=files)
    assert changed_paths(github, 1) == sorted(files)


def test_the_open_pull_requests_of_a_runs_branch_are_found_with_whatever_head_they_have_now(
    server: GitHubServer, repository: Repository, github: GitHub
) -> None:
    first = server.github.add_pull(repository, "topic", stored_sha=OTHER)
    server.github.add_pull(repository, "topic", stored_sha=OTHER, base_branch="next")
    server.github.add_pull(repository, "topic", stored_sha=SHA, state="closed")
    server.github.add_pull(repository, "elsewhere", stored_sha=SHA)
    found = open_pulls_of(github, run_of(server, github, first))
    assert [(pull.number, pull.head_sha) for pull in found] == [(1, OTHER), (2, OTHER)]


def test_a_forks_pull_request_is_found_by_its_branch(
    server: GitHubServer, repository: Repository, fork: Repository, github: GitHub
) -> None:
    server.github.add_pull(repository, "topic", stored_sha=SHA)
    theirs = server.github.add_pull(repository, "topic", head=fork, stored_sha=SHA)
    assert [pull.number for pull in open_pulls_of(github, run_of(server, github, theirs))] == [theirs.number]


def test_a_second_fork_of_the_same_owner_is_another_one(
    server: GitHubServer, repository: Repository, fork: Repository, github: GitHub
) -> None:
    second = server.github.add_repository("eve/leaves-2", parent=repository)
    server.github.add_pull(repository, "topic", head=fork, stored_sha=SHA)
    theirs = server.github.add_pull(repository, "topic", head=second, stored_sha=SHA)
    assert [pull.number for pull in open_pulls_of(github, run_of(server, github, theirs))] == [theirs.number]


def test_a_commit_knows_the_pull_request_that_brought_it(
    server: GitHubServer, repository: Repository, github: GitHub
) -> None:
    server.github.add_pull(repository, "topic", stored_sha=OTHER, merge_sha=SHA, state="closed")
    server.github.add_pull(repository, "next", stored_sha=OTHER)
    assert [(pull.number, pull.state) for pull in pulls_of_commit(github, SHA)] == [(1, "closed")]
    assert [pull.number for pull in pulls_of_commit(github, OTHER)] == [2]
