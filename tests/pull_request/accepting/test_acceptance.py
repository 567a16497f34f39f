"""From the label to the commit; refusals by inputs and askers have their own files beside this one."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from places import git
from trained import GIT_HELD, LABEL, Trained

from winnow.errors import CheckError
from winnow.github.client import GitHub, GitHubError
from winnow.github.pulls import get_pull
from winnow.pull_request.accepting import acceptance
from winnow.pull_request.accepting.acceptance import _commit, _plan, accept
from winnow.pull_request.accepting.asking import asked_by_hand


@pytest.mark.slow
def test_what_the_run_made_becomes_one_commit_of_the_pull_request(trained: Trained) -> None:
    trained.hand_over()
    trained.label()
    before, github = trained.head, trained.github()
    dry = accept(github, trained.clone, asked_by_hand(github, 1), is_dry=True)
    assert (trained.head, dry.commit, trained.pull.labels) == (before, "", [LABEL])
    assert trained.server.writes() == []
    done = accept(github, trained.clone, asked_by_hand(github, 1))
    assert (done.commit, done.is_new, done.is_stored) == (trained.head, True, True)
    assert sorted(done.paths) == sorted(dry.paths) == sorted([*GIT_HELD, "curves/old.csv"])
    old = trained.tree(before)
    new = {name: content.decode().strip() for name, content in trained.files.items()}
    assert trained.tree("topic") == {name: old[name] for name in old if name != "curves/old.csv"} | new
    about = git(trained.repository.git, "log", "-1", "--format=%P%n%an%n%B", "topic").splitlines()
    assert about[:3] == [before, "github-actions[bot]", f"Accept the model of run {trained.run.id}"]
    assert about[4:6] == ["no verdict", f"{trained.server.url}/rice/leaves/actions/runs/{trained.run.id}"]
    assert trained.num_commits() == 2
    assert trained.pull.labels == []


@pytest.mark.slow
def test_a_second_call_finds_nothing_to_do_and_finishes_what_was_cut_off(trained: Trained) -> None:
    trained.hand_over()
    github, repository = trained.github(), trained.repository
    repository.required_checks["main"] = {"ci": 15368, "lock": 15368}
    for name, conclusion in {"ci": "failure", "lock": "failure", "winnow": "success", "docs": "success"}.items():
        body = {"name": name, "head_sha": trained.head, "conclusion": conclusion}
        github.send("POST", "check-runs", body)
    trained.label()
    old = trained.head
    plan = _plan(github, trained.clone, asked_by_hand(github, 1))
    made = _commit(github, asked_by_hand(github, 1), plan)
    # From here on it was cut off: before the first check, after its answer was lost, and before the last step.
    trained.server.faults.refuse("POST .*check-runs", 403)
    trained.server.faults.lose("POST .*check-runs")
    trained.server.faults.refuse("DELETE .*labels", 500)
    for message in ("403 to POST", "did not answer POST", "500 to DELETE"):
        with pytest.raises(GitHubError, match=message):
            accept(github, trained.clone, asked_by_hand(github, 1))
        assert (trained.head, trained.pull.labels) == (made, [LABEL])
    done = accept(github, trained.clone, asked_by_hand(github, 1))
    assert (done.head, done.commit, done.is_new, done.absent) == (old, made, False, [])
    assert {known.name: known.conclusion for known in done.carried or []} == {
        "ci": "failure",
        "winnow": "success",
        "lock": "success",
    }
    assert trained.num_commits() == 2
    carried = [check for check in repository.checks_of(made) if check.external_id]
    assert sorted(check.name for check in carried) == ["ci", "lock", "winnow"], "each once"
    assert trained.pull.labels == []


@pytest.mark.slow
def test_records_that_the_head_has_make_no_commit(trained: Trained) -> None:
    git(trained.work, "checkout", "-q", "-f", "topic")
    git(trained.work, "rm", "-q", "curves/old.csv")
    git(trained.work, "commit", "-q", "-m", "As the run made it")
    trained.run.head_sha = trained.push({name: file.decode() for name, file in trained.files.items()})
    trained.hand_over()
    trained.label()
    github = trained.github()
    done = accept(github, trained.clone, asked_by_hand(github, 1))
    assert (done.commit, done.paths, done.carried) == ("", [], None)
    assert [request.method for request in trained.server.writes()] == ["DELETE"], "the label alone"


@pytest.mark.slow
def test_whoever_moves_the_branch_meanwhile_comes_first(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    trained.hand_over()
    github = trained.github()
    asked = asked_by_hand(github, 1)
    plan = _plan(github, trained.clone, asked)
    moved: list[str] = []

    def moving(step: Callable[..., object]) -> Callable[..., object]:
        def move(*arguments: object) -> object:
            if not moved:
                moved.append(trained.push({"README.md": "moved\n"}))
            return step(*arguments)

        return move

    with monkeypatch.context() as patch:
        patch.setattr(acceptance, "head_of", moving(acceptance.head_of))
        with pytest.raises(CheckError, match="topic has moved on meanwhile"):
            _commit(github, asked, plan)
    assert trained.head == moved.pop()
    # Between the last look and the move itself GitHub refuses.
    git(trained.repository.git, "update-ref", "refs/heads/topic", plan.subject.commit.sha)
    git(trained.work, "fetch", "-q", "origin", "+topic:topic")
    with monkeypatch.context() as patch:
        patch.setattr(acceptance, "move_branch", moving(acceptance.move_branch))
        with pytest.raises(CheckError, match="topic has moved on meanwhile"):
            _commit(github, asked, plan)
    assert trained.head == moved[0]
    assert "moved" in trained.tree("topic")["README.md"]


@pytest.mark.slow
def test_a_failure_of_github_at_any_write_leaves_no_commit_or_one(trained: Trained) -> None:
    trained.hand_over()
    github, faults = trained.github(), trained.server.faults
    asked = asked_by_hand(github, 1)
    plan, before = _plan(github, trained.clone, asked), trained.head
    for line in ("POST .*git/blobs", "POST .*git/trees", "POST .*git/commits", "PATCH .*git/refs"):
        for plan_fault in (faults.refuse, faults.limit, faults.slow_down, faults.drop):
            plan_fault(line)
            with pytest.raises(GitHubError):
                _commit(github, asked, plan)
            assert trained.head == before, line
        faults.refuse(line, 403, message="Resource not accessible by integration")
        with pytest.raises(GitHubError, match="403"):
            _commit(github, asked, plan)
        assert trained.head == before, line
    faults.lose("PATCH .*git/refs")
    assert _commit(github, asked, plan) == trained.head, "the answer was lost, the work was done"
    assert trained.num_commits() == 2
    assert accept(github, trained.clone, asked_by_hand(github, 1)).is_new is False
    assert trained.num_commits() == 2


@pytest.mark.slow
def test_two_at_once_make_one_commit(trained: Trained) -> None:
    trained.hand_over()
    github = trained.github()
    asked = asked_by_hand(github, 1)
    plan = _plan(github, trained.clone, asked)

    def attempt(number: int) -> str:
        try:
            return _commit(github, asked, replace(plan, message=f"{plan.message} by {number}"))
        except CheckError:
            return ""

    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(attempt, range(4)))
    assert [sha for sha in made if sha] == [trained.head]
    assert trained.num_commits() == 2


@pytest.mark.slow
def test_a_persons_token_carries_nothing_for_all_checks_run_anew(trained: Trained) -> None:
    trained.hand_over()
    person = trained.github(login="mira")
    trained.github().send("POST", "check-runs", {"name": "ci", "head_sha": trained.head, "conclusion": "success"})
    done = accept(person, trained.clone, asked_by_hand(person, 1))
    assert (done.commit, done.carried) == (trained.head, None)
    assert not [line for line in (request.line for request in trained.server.writes()) if "check" in line][1:]


@pytest.mark.slow
def test_a_refusal_writes_nothing_and_takes_the_label_off(trained: Trained) -> None:
    trained.files["metrics.json"] = b'{"accuracy": 1.0}'
    trained.hand_over()
    trained.label()
    before, github = trained.head, trained.github()
    asked = asked_by_hand(github, 1)
    with pytest.raises(CheckError, match="not the file that its lock names"):
        accept(github, trained.clone, asked, is_dry=True)
    assert trained.pull.labels == [LABEL]
    with pytest.raises(CheckError, match="not the file that its lock names"):
        accept(github, trained.clone, asked)
    assert trained.head == before
    assert [request.line.partition("/issues/")[2] for request in trained.server.writes()] == [f"1/labels/{LABEL}"]


def test_a_required_check_that_has_not_ended_is_waited_for(trained: Trained, github_waiting: GitHub) -> None:
    before = trained.head
    with pytest.raises(CheckError, match="these required checks have not ended: ci"):
        accept(github_waiting, trained.clone, asked_by_hand(github_waiting, 1))
    assert trained.head == before


@pytest.fixture
def github_waiting(trained: Trained) -> GitHub:
    trained.hand_over()
    trained.repository.required_checks["main"] = {"ci": 15368}
    github = trained.github()
    github.send("POST", "check-runs", {"name": "ci", "head_sha": trained.head, "status": "in_progress"})
    return github


@pytest.mark.slow
def test_a_commit_of_its_kind_that_somebody_else_made_is_not_taken_for_its_own(trained: Trained) -> None:
    trained.hand_over()
    message = f"Accept the model of run {trained.run.id}"
    trained.push({"metrics.json": "{}"}, message=message)
    github = trained.github()
    with pytest.raises(CheckError, match="it is not what the run before it made"):
        accept(github, trained.clone, asked_by_hand(github, 1))
    assert get_pull(github, 1).head_sha == trained.head
