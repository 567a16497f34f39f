import io
import re
import zipfile
from pathlib import Path

import pytest
from github_api import GitHubServer
from github_client import ask
from github_records import Repository
from places import commit, git, propose, propose_from_fork, publish, work_tree

SHA, OTHER = "ab" * 20, "cd" * 20
LEAVES = "/repos/rice/leaves"
COMMENTS = f"{LEAVES}/issues/1/comments"


@pytest.fixture
def repository(server: GitHubServer) -> Repository:
    repository = server.github.add_repository("rice/leaves")
    server.github.add_pull(repository, "topic", stored_sha=SHA)
    return repository


def test_a_comment_is_made_listed_changed_and_deleted(server: GitHubServer, repository: Repository) -> None:
    token = server.github.add_token("post", repository, issues="write")
    made = ask(server, token, f"POST {COMMENTS}", {"body": "one"})
    assert made.status == 201
    assert made.content["html_url"] == f"{server.url}/rice/leaves/pull/1#issuecomment-{made.content['id']}"
    assert made.content["user"] | {"id": 0} == {
        "login": "github-actions[bot]",
        "id": 0,
        "name": None,
        "type": "Bot",
        "site_admin": False,
        "html_url": f"{server.url}/github-actions[bot]",
        "url": f"{server.api_url}/users/github-actions[bot]",
    }
    place = f"{LEAVES}/issues/comments/{made.content['id']}"
    assert ask(server, token, f"PATCH {place}", {"body": "two"}).status == 200
    assert [each["body"] for each in ask(server, token, f"GET {COMMENTS}").content] == ["two"]
    assert [comment.body for comment in repository.comments_on(1)] == ["two"]
    assert ask(server, token, f"DELETE {place}").status == 204
    assert ask(server, token, f"PATCH {place}", {"body": "three"}).status == 404
    assert ask(server, token, f"GET {COMMENTS}").content == []


def test_a_long_list_comes_in_pages_with_links(server: GitHubServer, repository: Repository) -> None:
    token = server.github.add_token("post", repository, issues="read")
    for number in range(65):
        server.github.add_comment(repository, 1, str(number), login="ada")
    first = ask(server, token, f"GET {COMMENTS}")
    assert [each["body"] for each in first.content] == [str(number) for number in range(30)]
    links = {name: url for url, name in re.findall(r'<([^>]+)>; rel="(\w+)"', first.headers["Link"])}
    assert links == {"next": f"{server.api_url}{COMMENTS}?page=2", "last": f"{server.api_url}{COMMENTS}?page=3"}
    last = ask(server, token, f"GET {links['last']}")
    assert [each["body"] for each in last.content] == [str(number) for number in range(60, 65)]
    assert 'rel="next"' not in last.headers["Link"]
    whole = ask(server, token, f"GET {COMMENTS}?per_page=500")
    assert len(whole.content) == 65, "at most 100 a page"
    assert "Link" not in whole.headers


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({}, 422, "wasn't supplied"),
        ({"body": 3}, 422, "wasn't supplied"),
        ({"body": " \n"}, 422, "Validation Failed"),
        ({"body": "x" * 65_537}, 422, "Validation Failed"),
        ({"body": "x" * 65_536}, 201, ""),
        (b"{not json", 400, "Problems parsing JSON"),
    ],
)
def test_a_comment_is_checked(
    server: GitHubServer, repository: Repository, body: object, status: int, message: str
) -> None:
    token = server.github.add_token("post", repository, issues="write")
    reply = ask(server, token, f"POST {COMMENTS}", body)
    assert reply.status == status
    assert message in reply.content.get("message", "")
    assert len(repository.comments) == (status == 201)


def test_who_calls(server: GitHubServer, repository: Repository) -> None:
    bot = server.github.add_token("bot", repository)
    person = server.github.add_token("laptop", repository, login="ada", issues="write")
    assert ask(server, bot, "GET /user").status == 403
    assert ask(server, person, "GET /user").content["login"] == "ada"
    assert ask(server, bot, "GET /users/ada").content["type"] == "User"
    assert ask(server, bot, "GET /users/ghost").status == 404
    assert ask(server, bot, "GET /rate_limit").content["rate"]["remaining"] == 5000
    repository.roles["ada"] = "maintain"
    place = f"{LEAVES}/collaborators/ada/permission"
    assert ask(server, bot, f"GET {place}").content["permission"] == "write"
    server.github.add_user("eve")
    assert ask(server, bot, f"GET {LEAVES}/collaborators/eve/permission").content["permission"] == "none"


def test_pull_requests_are_found_by_head_and_commit(server: GitHubServer, tmp_path: Path) -> None:
    repository = publish(server, tmp_path, "rice/leaves", {"a.txt": "a\n"})
    own = propose(server, tmp_path, repository, "topic", {"b.txt": "b\n"})
    foreign = propose_from_fork(server, tmp_path, repository, "eve", {"c.txt": "c\n"})
    token = server.github.add_token("report", repository, pull_requests="read")

    def numbers(path: str) -> list[int]:
        return [pull["number"] for pull in ask(server, token, f"GET {LEAVES}/{path}").content]

    assert numbers("pulls") == [2, 1]
    assert numbers("pulls?head=rice:topic") == [1]
    assert numbers("pulls?head=eve:topic&state=open") == [2]
    assert numbers(f"commits/{own.head_sha}/pulls") == [1]
    assert numbers(f"commits/{foreign.head_sha}/pulls") == [], "GitHub does not find a fork's pull request this way"
    assert numbers("pulls?state=closed") == []
    about = ask(server, token, f"GET {LEAVES}/pulls/2").content
    assert about["head"]["repo"]["id"] != about["base"]["repo"]["id"] == repository.id
    assert about["head"]["sha"] == foreign.head_sha == git(tmp_path / "work" / "eve" / "leaves", "rev-parse", "HEAD")
    git(work_tree(tmp_path, repository), "checkout", "-q", "topic")
    moved = commit(work_tree(tmp_path, repository), {"b.txt": "bb\n"})
    git(work_tree(tmp_path, repository), "push", "-q", "origin", "topic")
    assert ask(server, token, f"GET {LEAVES}/pulls/1").content["head"]["sha"] == moved, "a push moves the head"


def test_git_is_read_through_the_api(server: GitHubServer, tmp_path: Path) -> None:
    repository = publish(server, tmp_path, "rice/leaves", {"a/b.txt": "grün\n"})
    token = server.github.add_token("reader", repository, contents="read")
    sha = git(work_tree(tmp_path, repository), "rev-parse", "HEAD")
    file = ask(server, token, f"GET {LEAVES}/contents/a/b.txt?ref=main").content
    assert (file["encoding"], file["content"]) == ("base64", "Z3LDvG4K\n")
    assert ask(server, token, f"GET {LEAVES}/contents/none.txt").status == 404
    assert ask(server, token, f"GET {LEAVES}/git/ref/heads/main").content["object"]["sha"] == sha
    assert ask(server, token, f"GET {LEAVES}/branches/main").content["commit"]["sha"] == sha
    assert ask(server, token, f"GET {LEAVES}/commits/{sha}").content["commit"]["message"] == "Change"


def test_check_runs(server: GitHubServer, repository: Repository) -> None:
    token = server.github.add_token("post", repository, checks="write")
    person = server.github.add_token("laptop", repository, login="ada", checks="write")
    body: dict[str, object] = {"name": "verdict", "head_sha": SHA, "status": "in_progress"}
    made = ask(server, token, f"POST {LEAVES}/check-runs", body)
    assert (made.status, made.content["conclusion"]) == (201, None)
    change = {"conclusion": "failure", "output": {"title": "worse", "summary": "by far"}}
    place = f"{LEAVES}/check-runs/{made.content['id']}"
    changed = ask(server, token, f"PATCH {place}", change).content
    assert (changed["status"], changed["conclusion"], changed["output"]["title"]) == ("completed", "failure", "worse")
    again = ask(server, token, f"POST {LEAVES}/check-runs", {**body, "conclusion": "success"}).content
    listed = ask(server, token, f"GET {LEAVES}/commits/{SHA}/check-runs").content
    assert [(each["id"], listed["total_count"]) for each in listed["check_runs"]] == [(again["id"], 1)]
    assert ask(server, token, f"GET {LEAVES}/commits/{SHA}/check-runs?filter=all").content["total_count"] == 2
    wrong: list[dict[str, object]] = [
        {"head_sha": OTHER},
        {"conclusion": "great"},
        {"status": "completed"},
        {"output": {"title": "t", "summary": "x" * 65_536}},
        {"output": {"title": "t"}},
    ]
    for fields in wrong:
        assert ask(server, token, f"POST {LEAVES}/check-runs", {**body, **fields}).status == 422, fields
    assert ask(server, person, f"POST {LEAVES}/check-runs", body).status == 403, "only apps make check runs"


def test_statuses(server: GitHubServer, repository: Repository) -> None:
    token = server.github.add_token("post", repository, statuses="write")

    def post(**body: str) -> int:
        return ask(server, token, f"POST {LEAVES}/statuses/{SHA}", body).status

    def combined() -> str:
        return str(ask(server, token, f"GET {LEAVES}/commits/{SHA}/status").content["state"])

    assert combined() == "pending"
    assert post(state="failure", context="winnow") == 201
    assert post(state="success", context="lint") == 201
    assert combined() == "failure"
    assert post(state="success", context="winnow", description="x" * 140) == 201
    assert combined() == "success", "the newest of each context counts"
    assert [post(state="good"), post(state="error", description="x" * 141), post(state="error", target_url="x")] == [
        422
    ] * 3
    assert [status.context for status in repository.statuses_of(SHA)] == ["winnow", "lint", "winnow"]


def test_labels(server: GitHubServer, repository: Repository) -> None:
    token = server.github.add_token("accept", repository, pull_requests="write")
    place = f"{LEAVES}/issues/1/labels"
    added = ask(server, token, f"POST {place}", {"labels": ["winnow:accept", "data"]})
    assert [label["name"] for label in added.content] == ["winnow:accept", "data"]
    assert ask(server, token, f"DELETE {place}/winnow%3Aaccept").status == 200
    assert ask(server, token, f"DELETE {place}/winnow%3Aaccept").content["message"] == "Label does not exist"
    assert ask(server, token, f"POST {place}", {"labels": "data"}).status == 422
    assert repository.pulls[1].labels == ["data"]


def test_an_artifact_lies_on_another_host_which_gets_no_token(server: GitHubServer, repository: Repository) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("verdict.json", "{}")
    run = server.github.add_run(
        repository,
        name="pipeline",
        path=".github/workflows/pipeline.yaml",
        event="pull_request",
        head_sha=SHA,
        head_branch="topic",
    )
    artifact = server.github.add_artifact(repository, run, "verdict", content.getvalue())
    token = server.github.add_token("report", repository, actions="read")
    runs = ask(server, token, f"GET {LEAVES}/actions/runs?head_sha={SHA}").content["workflow_runs"]
    assert [pull["number"] for pull in runs[0]["pull_requests"]] == [1]
    assert ask(server, token, f"GET {LEAVES}/actions/workflows/ci.yaml/runs").content["total_count"] == 0
    listed = ask(server, token, f"GET {LEAVES}/actions/runs/{run.id}/artifacts?name=verdict").content
    assert (listed["total_count"], listed["artifacts"][0]["size_in_bytes"]) == (1, len(content.getvalue()))
    sent = ask(server, token, f"GET {LEAVES}/actions/artifacts/{artifact.id}/zip")
    assert sent.status == 302
    assert sent.headers["Location"].startswith("https://localhost:")
    assert ask(server, token, f"GET {sent.headers['Location']}").status == 400
    assert ask(server, None, f"GET {sent.headers['Location']}").content == content.getvalue()
    assert ask(server, None, f"GET {sent.headers['Location'].partition('?')[0]}").status == 403
    artifact.is_expired = True
    assert ask(server, token, f"GET {LEAVES}/actions/artifacts/{artifact.id}/zip").status == 410


def test_asking_for_a_run_is_noted(server: GitHubServer, repository: Repository) -> None:
    token = server.github.add_token("accept", repository, actions="write")
    place = f"{LEAVES}/actions/workflows/ci.yaml/dispatches"
    assert ask(server, token, f"POST {place}", {"ref": "topic"}).status == 204
    assert ask(server, token, f"POST {place}", {}).status == 422
    assert repository.dispatches == [{"workflow": "ci.yaml", "ref": "topic"}]
