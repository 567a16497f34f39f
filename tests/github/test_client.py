import io
import zipfile

import pytest
from github_api import GitHubServer
from github_records import Repository
from urllib3.util import Retry

from winnow.errors import UsageError
from winnow.github.client import GitHub, GitHubError, TooLargeError

SHA = "ab" * 20
COMMENTS = "issues/1/comments"


@pytest.fixture(autouse=True)
def pull(server: GitHubServer, repository: Repository) -> None:
    server.github.add_pull(repository, "topic", stored_sha=SHA)


def test_a_list_is_read_to_its_last_page(server: GitHubServer, repository: Repository, github: GitHub) -> None:
    for number in range(201):
        server.github.add_comment(repository, 1, str(number), login="ada")
    assert [comment["body"] for comment in github.pages(COMMENTS)] == [str(number) for number in range(201)]
    assert [request.query["page"] for request in server.requests] == ["1", "2", "3"]


def test_a_list_may_be_wrapped(server: GitHubServer, repository: Repository, github: GitHub) -> None:
    where = {"name": "pipeline", "path": "p.yaml", "event": "pull_request", "head_sha": SHA, "head_branch": "topic"}
    run = server.github.add_run(repository, **where)
    server.github.add_artifact(repository, run, "verdict", b"")
    assert [each["name"] for each in github.pages(f"actions/runs/{run.id}/artifacts", "artifacts")] == ["verdict"]


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_reading_is_tried_again(server: GitHubServer, github: GitHub, status: int) -> None:
    server.faults.refuse("GET", status, times=1)
    assert github.get("pulls/1")["number"] == 1


def test_reading_is_tried_again_after_a_lost_answer(server: GitHubServer, github: GitHub) -> None:
    server.faults.lose("GET")
    assert github.get("pulls/1")["number"] == 1
    assert len(server.requests) == 2


@pytest.mark.parametrize("fault", ["refuse", "lose", "drop"])
def test_writing_is_not_for_it_may_have_been_done(server: GitHubServer, github: GitHub, fault: str) -> None:
    getattr(server.faults, fault)("POST")
    with pytest.raises(GitHubError):
        github.send("POST", COMMENTS, {"body": "x"})
    assert len(server.writes()) == 1


def test_a_refusal_says_what_github_says(server: GitHubServer, github: GitHub) -> None:
    server.faults.limit("GET")
    with pytest.raises(GitHubError, match="403 to GET pulls/1: API rate limit exceeded") as caught:
        github.get("pulls/1")
    assert (caught.value.status, "rate limit" in caught.value.hint) == (403, True)
    with pytest.raises(GitHubError, match="404"):
        github.get("pulls/7")


def test_what_github_answers_to_a_change_comes_back(github: GitHub) -> None:
    made = github.send("POST", COMMENTS, {"body": "x"})
    assert github.send("PATCH", f"issues/comments/{made['id']}", {"body": "y"})["body"] == "y"
    assert github.send("DELETE", f"issues/comments/{made['id']}") is None


def test_a_download_ends_at_its_limit(server: GitHubServer, repository: Repository, github: GitHub) -> None:
    where = {"name": "pipeline", "path": "p.yaml", "event": "pull_request", "head_sha": SHA, "head_branch": "topic"}
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a", b"x" * 1000)
    artifact = server.github.add_artifact(
        repository, server.github.add_run(repository, **where), "a", stream.getvalue()
    )
    path = f"actions/artifacts/{artifact.id}/zip"
    assert github.download(path, max_bytes=len(stream.getvalue())) == stream.getvalue()
    with pytest.raises(TooLargeError, match="at most 1,000 bytes"):
        github.download(path, max_bytes=1000)


def test_nobody_there_is_an_error_of_the_machine(github: GitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr(Retry, "sleep", lambda retry, _=None: waits.append(retry.get_backoff_time()))
    with pytest.raises(GitHubError, match="did not answer GET pulls/1") as caught:
        GitHub(github.repository, "t", "https://127.0.0.1:9").get("pulls/1")
    assert caught.value.status == 0
    assert waits == [0, 1, 2, 4], "seconds"


@pytest.mark.parametrize("name", ["leaves", "a/b/c", "a/..", "-a/b", "a/b?c", ""])
def test_a_name_that_no_repository_can_have_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="OWNER/NAME"):
        GitHub(name, "t")


def test_a_token_travels_encrypted_only() -> None:
    with pytest.raises(UsageError, match="https"):
        GitHub("rice/leaves", "t", "http://127.0.0.1")
    assert "secret" not in repr(GitHub("rice/leaves", "secret"))


def test_a_persons_token_has_a_login_and_a_workflows_has_none(
    server: GitHubServer, repository: Repository, github: GitHub
) -> None:
    token = server.github.add_token("laptop", repository, login="ada")
    assert GitHub(repository.full_name, token.secret, server.api_url).viewer() == "ada"
    assert github.viewer() == ""
    with pytest.raises(GitHubError, match="401"):
        GitHub(repository.full_name, "wrong", server.api_url).viewer()
