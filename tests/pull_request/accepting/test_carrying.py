import pytest
from github_api import GitHubServer
from github_records import Repository

from winnow.errors import CheckError
from winnow.github.client import GitHub
from winnow.pull_request.accepting.carrying import Known, carry, checks_to_carry

OLD, NEW = "ab" * 20, "cd" * 20
URL = "https://github.example/run"


@pytest.fixture
def repository(server: GitHubServer) -> Repository:
    return server.github.add_repository("rice/leaves", commits={OLD, NEW})


@pytest.fixture
def github(server: GitHubServer, repository: Repository) -> GitHub:
    token = server.github.add_token("accept", repository, checks="write")
    return GitHub(repository.full_name, token.secret, server.api_url)


def add(github: GitHub, name: str, conclusion: str | None, sha: str = OLD) -> None:
    output = {"title": f"{name} says", "summary": "all of it"}
    state = {"status": "completed", "conclusion": conclusion} if conclusion else {"status": "in_progress"}
    body = {"name": name, "head_sha": sha, "details_url": f"{URL}/{name}", "output": output, **state}
    github.send("POST", "check-runs", body)


def told(github: GitHub) -> dict[str, str]:
    return {known.name: known.conclusion for known in checks_to_carry(github, OLD, "main", URL).known}


def test_what_a_ruleset_requires_and_the_verdicts_and_no_other(repository: Repository, github: GitHub) -> None:
    repository.required_checks["main"] = {"ci": 15368, "security": None}
    for name in ("ci", "security", "docs", "winnow", "winnow (pets)", "winnowing"):
        add(github, name, "success")
    assert set(told(github)) == {"ci", "security", "winnow", "winnow (pets)"}


def test_without_a_ruleset_all_of_the_workflows(github: GitHub) -> None:
    for name in ("ci", "docs", "winnow"):
        add(github, name, "success")
    assert set(told(github)) == {"ci", "docs", "winnow"}


@pytest.mark.parametrize("conclusion", ["failure", "cancelled", "timed_out", "action_required"])
def test_red_stays_red(repository: Repository, github: GitHub, conclusion: str) -> None:
    add(github, "ci", conclusion)
    add(github, "winnow", "neutral")
    checks = checks_to_carry(github, OLD, "main", URL)
    carry(github, checks, OLD, NEW)
    made = {check.name: check for check in repository.checks_of(NEW)}
    assert {name: check.conclusion for name, check in made.items()} == {"ci": conclusion, "winnow": "neutral"}
    assert made["ci"].details_url == f"{URL}/ci"
    assert made["ci"].output["title"] == "ci says"
    assert OLD in str(made["ci"].output["summary"])


def test_what_cannot_be_set_is_a_failure(github: GitHub) -> None:
    add(github, "ci", "stale")
    assert told(github) == {"ci": "failure"}


@pytest.mark.parametrize("conclusion", ["failure", None])
def test_the_lock_has_been_seen_to_be_current(repository: Repository, github: GitHub, conclusion: str | None) -> None:
    repository.required_checks["main"] = {"lock": 15368}
    add(github, "lock", conclusion)
    checks = checks_to_carry(github, OLD, "main", URL)
    assert checks.known == [Known("lock", "success", URL, "The lock is current")]
    carry(github, checks, OLD, NEW)
    assert "nothing to do" in str(repository.checks_of(NEW)[0].output["summary"])


def test_a_check_that_nobody_knows_is_not_invented(repository: Repository, github: GitHub) -> None:
    repository.required_checks["main"] = {"ci": 15368, "review-bot": 7}
    add(github, "ci", "success")
    checks = checks_to_carry(github, OLD, "main", URL)
    assert [known.name for known in checks.known] == ["ci"]
    assert checks.absent == ["review-bot"]


def test_a_check_that_runs_is_waited_for_where_it_is_required(repository: Repository, github: GitHub) -> None:
    add(github, "ci", None)
    add(github, "docs", "success")
    assert told(github) == {"docs": "success"}
    repository.required_checks["main"] = {"ci": 15368}
    with pytest.raises(CheckError, match="these required checks have not ended: ci"):
        checks_to_carry(github, OLD, "main", URL)


def test_a_second_time_nothing_is_made(repository: Repository, github: GitHub) -> None:
    for name in ("ci", "docs"):
        add(github, name, "success")
    # A job of the same name there is another check.
    add(github, "ci", "failure", NEW)
    checks = checks_to_carry(github, OLD, "main", URL)
    assert carry(github, checks, OLD, NEW) == carry(github, checks, OLD, NEW) == checks.known
    assert sorted(check.name for check in repository.checks_of(NEW)) == ["ci", "ci", "docs"]
