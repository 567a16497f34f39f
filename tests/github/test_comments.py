import pytest
from github_api import GitHubServer
from github_records import Repository

from winnow.github.client import GitHub, GitHubError
from winnow.github.comments import create_comment, delete_comment, edit_comment, list_comments


@pytest.fixture(autouse=True)
def pull(server: GitHubServer, repository: Repository) -> None:
    server.github.add_pull(repository, "topic", stored_sha="ab" * 20)


def test_a_comment_is_made_edited_and_deleted(repository: Repository, github: GitHub) -> None:
    made = create_comment(github, 1, "one")
    assert (made.author, made.is_bot, made.body) == ("github-actions[bot]", True, "one")
    edit_comment(github, made, "two")
    assert [comment.body for comment in list_comments(github, 1)] == ["two"]
    delete_comment(github, made)
    assert repository.comments_on(1) == []


def test_all_comments_are_listed_the_oldest_first(server: GitHubServer, repository: Repository, github: GitHub) -> None:
    for number in range(130):
        server.github.add_comment(repository, 1, str(number), login="ada")
    listed = list_comments(github, 1)
    assert [comment.body for comment in listed] == [str(number) for number in range(130)]
    assert not any(comment.is_bot for comment in listed)


def test_deleting_what_is_gone_is_no_error_but_being_refused_is(server: GitHubServer, github: GitHub) -> None:
    made = create_comment(github, 1, "one")
    server.faults.refuse("DELETE", 403)
    with pytest.raises(GitHubError):
        delete_comment(github, made)
    delete_comment(github, made)
    delete_comment(github, made)
    assert list_comments(github, 1) == []
