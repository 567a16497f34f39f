import pytest
from github_api import GitHubServer
from github_records import Repository

from winnow.github.client import GitHub, GitHubError
from winnow.github.labels import remove_label, role_of, who_labeled

LABEL = "winnow:accept"


def test_who_put_a_label_on_last(server: GitHubServer, repository: Repository, github: GitHub) -> None:
    pull = server.github.add_pull(repository, "topic", stored_sha="ab" * 20)
    other = server.github.add_pull(repository, "other", stored_sha="cd" * 20)
    assert who_labeled(github, 1, LABEL) == ""
    people = [server.github.add_user(login) for login in ("ada", "mira")]
    for person in people:
        server.github.put_label(repository, pull, LABEL, by=person)
        server.github.put_label(repository, pull, f"like {person.login}", by=people[0])
        server.github.take_label(repository, pull, LABEL, by=people[0])
    server.github.put_label(repository, other, LABEL, by=people[0])
    assert who_labeled(github, 1, LABEL) == "mira"
    server.github.put_label(repository, pull, LABEL, by=None)
    assert who_labeled(github, 1, LABEL) == "", "an account that is gone vouches for nothing"


def test_a_label_among_hundreds_of_events_is_found(
    server: GitHubServer, repository: Repository, github: GitHub
) -> None:
    pull = server.github.add_pull(repository, "topic", stored_sha="ab" * 20)
    server.github.put_label(repository, pull, LABEL, by=server.github.add_user("ada"))
    for number in range(250):
        server.github.put_label(repository, pull, str(number), by=repository.owner)
    server.github.take_label(repository, pull, LABEL, by=repository.owner)
    server.github.put_label(repository, pull, LABEL, by=server.github.add_user("mira"))
    assert who_labeled(github, 1, LABEL) == "mira"


@pytest.mark.parametrize("role", ["admin", "maintain", "write", "triage", "read"])
def test_a_role_is_told_as_finely_as_github_knows_it(
    server: GitHubServer, repository: Repository, github: GitHub, role: str
) -> None:
    server.github.add_user("ada")
    repository.roles["ada"] = role
    assert role_of(github, "ada") == role


def test_a_stranger_has_no_role(server: GitHubServer, repository: Repository, github: GitHub) -> None:
    server.github.add_user("eve")
    assert role_of(github, "eve") == "none"
    with pytest.raises(GitHubError, match="404"):
        role_of(github, "nobody")


def test_a_label_is_taken_off_once(server: GitHubServer, repository: Repository) -> None:
    pull = server.github.add_pull(repository, "topic", stored_sha="ab" * 20)
    token = server.github.add_token("accept", repository, pull_requests="write")
    writer = GitHub(repository.full_name, token.secret, server.api_url)
    server.github.put_label(repository, pull, LABEL, by=repository.owner)
    server.github.put_label(repository, pull, "data", by=repository.owner)
    remove_label(writer, 1, LABEL)
    remove_label(writer, 1, LABEL)
    assert pull.labels == ["data"]
    server.faults.refuse("DELETE", 500)
    with pytest.raises(GitHubError, match="500"):
        remove_label(writer, 1, "data")
