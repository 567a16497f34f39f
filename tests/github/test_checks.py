from typing import Any

import pytest
from github_api import GitHubServer
from github_records import Repository

from winnow.github.checks import Check, checks_of, set_check
from winnow.github.client import GitHub, GitHubError

SHA = "ab" * 20


@pytest.fixture
def github(server: GitHubServer, repository: Repository) -> GitHub:
    repository.commits.add(SHA)
    token = server.github.add_token("winnow", repository, checks="write")
    return GitHub(repository.full_name, token.secret, server.api_url)


def a_check(**changes: Any) -> Check:
    fields = {"name": "winnow", "external_id": "winnow:.", "conclusion": "success", "title": "better"}
    return Check(**{**fields, "summary": "all of it", "details_url": "https://example.org/", **changes})


def test_a_check_is_made_and_then_brought_up_to_date(repository: Repository, github: GitHub) -> None:
    set_check(github, SHA, a_check(conclusion=None, title="running"))
    assert [(check.status, check.conclusion) for check in repository.checks.values()] == [("in_progress", None)]
    set_check(github, SHA, a_check())
    set_check(github, SHA, a_check(conclusion="failure", title="worse"))
    [check] = checks_of(github, SHA, "winnow")
    assert (check.status, check.conclusion) == ("completed", "failure")
    assert [stored.output["title"] for stored in repository.checks.values()] == ["worse"]


def test_one_that_is_completed_is_not_opened_again(repository: Repository, github: GitHub) -> None:
    set_check(github, SHA, a_check())
    set_check(github, SHA, a_check(conclusion=None))
    assert [check.conclusion for check in repository.checks.values()] == ["success", None]


def test_a_check_of_the_same_name_that_is_not_ours_is_left_alone(repository: Repository, github: GitHub) -> None:
    set_check(github, SHA, a_check(external_id="a job's own"))
    set_check(github, SHA, a_check(conclusion="failure"))
    assert [check.conclusion for check in repository.checks.values()] == ["success", "failure"]


def test_a_persons_token_may_not_set_one(server: GitHubServer, repository: Repository, github: GitHub) -> None:
    token = server.github.add_token("ada", repository, login="ada", checks="write")
    with pytest.raises(GitHubError, match="403"):
        set_check(GitHub(github.repository, token.secret, github.api), SHA, a_check())
