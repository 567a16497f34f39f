import json
from pathlib import Path

import pytest
from github_api import GitHubServer
from github_events import dispatch, workflow_run
from github_records import Repository, Run
from trained import LABEL, add_run

from winnow.errors import CheckError, UsageError
from winnow.github.client import GitHub
from winnow.pull_request.accepting.asking import asked_by_event, asked_by_hand

LABEL_RUN = ".github/workflows/label.yaml"
SHA = "ab" * 20


@pytest.fixture
def repository(server: GitHubServer) -> Repository:
    repository = server.github.add_repository("rice/leaves")
    server.github.add_pull(repository, "topic", stored_sha=SHA)
    for login, role in {"mira": "maintain", "ada": "admin", "bob": "write", "eve": "triage"}.items():
        server.github.add_user(login)
        repository.roles[login] = role
    return repository


@pytest.fixture
def github(server: GitHubServer, repository: Repository) -> GitHub:
    token = server.github.add_token("accept", repository, pull_requests="write")
    return GitHub(repository.full_name, token.secret, server.api_url)


def variables(tmp_path: Path, name: str, event: object, **more: str) -> dict[str, str]:
    path = tmp_path / "event.json"
    path.write_text(json.dumps(event), encoding="utf-8")
    return {"GITHUB_EVENT_NAME": name, "GITHUB_EVENT_PATH": str(path), **more}


def label_run(server: GitHubServer, repository: Repository) -> Run:
    return add_run(server, repository, repository.pulls[1], LABEL_RUN)


def put_label(server: GitHubServer, repository: Repository, login: str) -> None:
    server.github.put_label(repository, repository.pulls[1], LABEL, by=server.github.add_user(login))


@pytest.mark.parametrize("login", ["mira", "ada"])
def test_a_maintainers_label_asks(
    server: GitHubServer, repository: Repository, github: GitHub, tmp_path: Path, login: str
) -> None:
    put_label(server, repository, login)
    event = workflow_run(server, repository, label_run(server, repository))
    asked = asked_by_event(github, variables(tmp_path, "workflow_run", event))
    assert (asked.pull.number, asked.commit, asked.by) == (1, SHA, login)


@pytest.mark.parametrize(("login", "role"), [("bob", "write"), ("eve", "triage"), ("stranger", "none")])
def test_a_label_by_somebody_who_may_less_asks_nothing(
    server: GitHubServer, repository: Repository, github: GitHub, tmp_path: Path, login: str, role: str
) -> None:
    put_label(server, repository, "mira")
    server.github.take_label(repository, repository.pulls[1], LABEL, by=repository.owner)
    put_label(server, repository, login)
    event = workflow_run(server, repository, label_run(server, repository))
    with pytest.raises(CheckError, match=rf"{login} put the label .* on and has the role `{role}`"):
        asked_by_event(github, variables(tmp_path, "workflow_run", event))
    assert server.writes() == []


def test_without_the_label_on_it_nothing_is_asked(
    server: GitHubServer, repository: Repository, github: GitHub, tmp_path: Path
) -> None:
    event = workflow_run(server, repository, label_run(server, repository))
    environment = variables(tmp_path, "workflow_run", event)
    with pytest.raises(CheckError, match="expected one open pull request of topic with the label"):
        asked_by_event(github, environment)
    put_label(server, repository, "mira")
    server.github.take_label(repository, repository.pulls[1], LABEL, by=repository.owner)
    with pytest.raises(CheckError, match="found 0"):
        asked_by_event(github, environment)
    put_label(server, repository, "mira")
    repository.pulls[1].state = "closed"
    with pytest.raises(CheckError, match="found 0"):
        asked_by_event(github, environment)


def test_another_workflow_cannot_ask(
    server: GitHubServer, repository: Repository, github: GitHub, tmp_path: Path
) -> None:
    put_label(server, repository, "mira")
    for path, event in ((".github/workflows/other.yaml", "pull_request"), (LABEL_RUN, "push")):
        run = add_run(server, repository, repository.pulls[1], path, event=event)
        with pytest.raises(CheckError, match="expected a run of"):
            asked_by_event(github, variables(tmp_path, "workflow_run", workflow_run(server, repository, run)))


def test_a_forks_pull_request_is_told_what_to_do_instead(
    server: GitHubServer, repository: Repository, github: GitHub, tmp_path: Path
) -> None:
    fork = server.github.add_repository("eve/leaves", parent=repository)
    pull = server.github.add_pull(repository, "topic", head=fork, stored_sha=SHA)
    server.github.put_label(repository, pull, LABEL, by=server.github.add_user("mira"))
    run = add_run(server, repository, pull, LABEL_RUN)
    with pytest.raises(CheckError, match="of a fork") as caught:
        asked_by_event(github, variables(tmp_path, "workflow_run", workflow_run(server, repository, run)))
    assert "push the commits to a branch here" in caught.value.hint


def test_by_hand_in_a_workflow_whoever_started_it_last_must_be_a_maintainer(
    server: GitHubServer, repository: Repository, github: GitHub, tmp_path: Path
) -> None:
    environment = variables(tmp_path, "workflow_dispatch", dispatch(server, repository, {"number": "1"}))
    environment["GITHUB_ACTOR"] = "mira"
    assert asked_by_event(github, environment).by == "mira"
    environment["GITHUB_TRIGGERING_ACTOR"] = "bob"
    with pytest.raises(CheckError, match=r"bob ran accept\.yaml and has the role `write`"):
        asked_by_event(github, environment)
    del environment["GITHUB_TRIGGERING_ACTOR"], environment["GITHUB_ACTOR"]
    with pytest.raises(CheckError, match="nobody we know"):
        asked_by_event(github, environment)


@pytest.mark.parametrize("number", ["", "-1", "1; echo", "²"])
def test_a_number_that_is_none(
    server: GitHubServer, repository: Repository, github: GitHub, tmp_path: Path, number: str
) -> None:
    environment = variables(tmp_path, "workflow_dispatch", dispatch(server, repository, {"number": number}))
    with pytest.raises(UsageError, match="expected the number"):
        asked_by_event(github, {**environment, "GITHUB_ACTOR": "mira"})


def test_on_a_desk_the_number_is_named(server: GitHubServer, github: GitHub) -> None:
    assert asked_by_hand(github, 1).pull.head_sha == SHA
    with pytest.raises(UsageError, match="expected the number of a pull request"):
        asked_by_event(github, {})
