import shutil
import ssl
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from certificate import _with_openssl, make_certificate
from github_api import GitHubServer, github_on_loopback
from github_client import ask
from github_records import Pull, Repository

SHA = "ab" * 20
LEAVES = "/repos/rice/leaves"
COMMENTS = f"{LEAVES}/issues/1/comments"


@pytest.fixture
def repository(server: GitHubServer) -> Repository:
    repository = server.github.add_repository("rice/leaves")
    server.github.add_pull(repository, "topic", stored_sha=SHA)
    return repository


def test_a_token_does_what_its_permissions_say_and_no_more(server: GitHubServer, repository: Repository) -> None:
    github = server.github
    reader = github.add_token("reader", repository, issues="read", checks="read", contents="read")
    elsewhere = github.add_token("elsewhere", github.add_repository("rice/roots"), issues="write")
    assert ask(server, reader, f"GET {COMMENTS}").status == 200
    refused = ask(server, reader, f"POST {COMMENTS}", {"body": "x"})
    assert (refused.status, refused.content["message"]) == (403, "Resource not accessible by integration")
    assert ask(server, reader, f"POST {LEAVES}/check-runs", {"name": "x", "head_sha": SHA}).status == 403
    assert ask(server, reader, f"GET {LEAVES}/actions/runs").status == 403
    assert ask(server, elsewhere, f"POST {COMMENTS}", {"body": "x"}).status == 404
    assert ask(server, None, f"GET {COMMENTS}").status == 404
    assert ask(server, "stolen", f"GET {COMMENTS}").content["message"] == "Bad credentials"
    assert repository.comments == {}
    either = github.add_token("either", repository, pull_requests="write")
    assert ask(server, either, f"POST {COMMENTS}", {"body": "x"}).status == 201


def test_anybody_reads_a_public_repository_and_nobody_writes(server: GitHubServer) -> None:
    repository = server.github.add_repository("rice/leaves", is_private=False)
    server.github.add_pull(repository, "topic", stored_sha=SHA)
    empty = server.github.add_token("empty", repository)
    assert ask(server, None, f"GET {COMMENTS}").status == 200
    assert ask(server, empty, f"GET {COMMENTS}").status == 200
    assert ask(server, None, f"POST {COMMENTS}", {"body": "x"}).status == 401
    assert ask(server, empty, f"POST {COMMENTS}", {"body": "x"}).status == 403


def test_faults_befall_the_next_requests_of_a_pattern(server: GitHubServer, repository: Repository) -> None:
    token = server.github.add_token("post", repository, issues="write")
    server.faults.refuse("POST .*comments", 500, times=2)
    server.faults.limit("POST .*comments")
    server.faults.slow_down("POST .*comments", retry_after_s=7)
    replies = [ask(server, token, f"POST {COMMENTS}", {"body": "x"}) for _ in range(5)]
    assert [reply.status for reply in replies] == [500, 500, 403, 429, 201]
    assert replies[2].headers["X-RateLimit-Remaining"] == "0"
    assert int(replies[2].headers["X-RateLimit-Reset"]) > 0
    assert replies[3].headers["Retry-After"] == "7"
    assert len(repository.comments) == 1
    server.faults.refuse("PATCH")
    assert ask(server, token, f"GET {COMMENTS}").status == 200
    server.faults.forget()
    assert ask(server, token, f"PATCH {LEAVES}/issues/comments/1").status == 404


@pytest.mark.parametrize(("fault", "num_comments"), [("drop", 0), ("lose", 1)])
def test_a_connection_ends_before_the_work_or_after_it(
    server: GitHubServer, repository: Repository, fault: str, num_comments: int
) -> None:
    token = server.github.add_token("post", repository, issues="write")
    getattr(server.faults, fault)("POST")
    with pytest.raises(OSError, match=r"(?i)closed|reset|eof"):
        ask(server, token, f"POST {COMMENTS}", {"body": "x"})
    assert len(repository.comments) == num_comments
    assert [(request.line, request.status) for request in server.requests] == [(f"POST {COMMENTS}", 0)]


def test_all_that_was_asked_is_remembered_but_no_secret(server: GitHubServer, repository: Repository) -> None:
    token = server.github.add_token("post", repository, issues="write")
    ask(server, token, f"POST {COMMENTS}", {"body": "x"})
    ask(server, None, f"GET {LEAVES}?a=b")
    ask(server, "stolen", "GET /nowhere")
    assert [(each.line, each.query, each.body, each.token, each.status) for each in server.requests] == [
        (f"POST {COMMENTS}", {}, {"body": "x"}, "post", 201),
        (f"GET {LEAVES}", {"a": "b"}, None, "", 404),
        ("GET /nowhere", {}, None, "unknown", 401),
    ]
    assert [each.line for each in server.writes()] == [f"POST {COMMENTS}"]
    assert server.tokens_used() == {"post", "unknown"}
    assert token.secret not in repr(server.requests)


def test_many_at_once(server: GitHubServer, repository: Repository) -> None:
    token = server.github.add_token("post", repository, issues="write")
    with ThreadPoolExecutor(8) as threads:
        bodies = [{"body": str(number)} for number in range(40)]
        replies = list(threads.map(lambda body: ask(server, token, f"POST {COMMENTS}", body), bodies))
    assert {reply.status for reply in replies} == {201}
    assert len({reply.content["id"] for reply in replies}) == len(repository.comments) == 40


def test_a_client_that_does_not_know_the_certificate_is_not_served(
    server: GitHubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
        urllib.request.urlopen(server.api_url + "/rate_limit", context=ssl.create_default_context())
    assert server.requests == []


def test_a_certificate_by_openssl_serves_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not shutil.which("openssl"):
        pytest.skip("the program openssl is not here")
    certificate = make_certificate(tmp_path)
    before = certificate.path.read_text(encoding="ascii")
    _with_openssl(certificate)
    assert certificate.path.read_text(encoding="ascii") != before
    monkeypatch.setattr("github_api.make_certificate", lambda _: certificate)
    with github_on_loopback(tmp_path) as server:
        assert ask(server, None, "GET /rate_limit").status == 200


def test_an_error_of_the_stand_in_itself_fails_the_test(tmp_path: Path) -> None:
    with pytest.raises(ExceptionGroup, match="the loopback GitHub is broken"), github_on_loopback(tmp_path) as server:
        broken = server.github.add_repository("rice/leaves", is_private=False)
        broken.pulls[1] = Pull(1, 1, "no head", broken.owner, None, "x", "main")  # type: ignore[arg-type]
        assert ask(server, None, f"GET {LEAVES}/pulls/1").status == 500
