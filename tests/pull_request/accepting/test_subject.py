import pytest
from github_records import Artifact
from sample_verdicts import better
from trained import PIPELINE, Trained, add_run

from winnow.errors import CheckError
from winnow.pull_request.accepting.asking import Asked, asked_by_hand
from winnow.pull_request.accepting.subject import Subject, find_subject, message_of, read_handover
from winnow.pull_request.handed.archive import RefusedError
from winnow.pull_request.handed.handover import PipelineResult
from winnow.verdict.account.words import pair_text


def find(trained: Trained, commit: str = "") -> Subject:
    github = trained.github()
    asked = Asked(asked_by_hand(github, 1).pull, commit, "")
    return find_subject(github, asked, trained.repository.id, "main")


def test_the_newest_run_of_the_pipeline_at_the_head(trained: Trained) -> None:
    newest = add_run(trained.server, trained.repository, trained.pull, PIPELINE)
    for path, event in ((".github/workflows/ci.yaml", "pull_request"), (PIPELINE, "workflow_dispatch")):
        add_run(trained.server, trained.repository, trained.pull, path, event=event)
    found = find(trained, commit=trained.head)
    assert (found.run.id, found.commit.sha, found.made) == (newest.id, trained.head, None)


def test_a_head_that_has_moved_on_has_no_run(trained: Trained) -> None:
    before = trained.head
    trained.push({"README.md": "moved\n"})
    with pytest.raises(CheckError, match=r"no run of pipeline\.yaml is about"):
        find(trained)
    add_run(trained.server, trained.repository, trained.pull, PIPELINE)
    with pytest.raises(CheckError, match="the head has moved on since it was asked"):
        find(trained, commit=before)
    assert find(trained).commit.sha == trained.head


@pytest.mark.parametrize(
    ("status", "conclusion", "message"),
    [
        ("completed", "failure", "did not end well"),
        ("completed", "cancelled", "did not end well"),
        ("in_progress", None, "has not ended"),
        ("waiting", None, "has not ended"),
    ],
)
def test_a_run_that_did_not_end_well(trained: Trained, status: str, conclusion: str | None, message: str) -> None:
    trained.run.status, trained.run.conclusion = status, conclusion
    with pytest.raises(CheckError, match=message):
        find(trained)


def test_a_pull_request_that_is_closed_or_of_a_fork_or_of_main(trained: Trained) -> None:
    github = trained.server.github
    trained.pull.state = "closed"
    with pytest.raises(CheckError, match="pull request 1 is not open"):
        find(trained)
    trained.pull.state, own = "open", trained.pull.head
    trained.pull.head = github.add_repository("eve/leaves", parent=own, git=own.git)
    with pytest.raises(CheckError, match="is of a fork") as caught:
        find(trained)
    assert "open a pull request" in caught.value.hint
    trained.pull.head, trained.pull.branch = own, "main"
    with pytest.raises(CheckError, match="main is the default branch"):
        find(trained)


def test_a_run_of_a_fork_at_the_same_commit_says_nothing(trained: Trained) -> None:
    trained.run.head = trained.server.github.add_repository("eve/leaves", parent=trained.repository)
    with pytest.raises(CheckError, match=r"no run of pipeline\.yaml"):
        find(trained)


def artifact(trained: Trained, name: str) -> Artifact:
    return next(each for each in trained.repository.artifacts.values() if each.name == name)


def test_what_the_run_handed_over_is_there_and_small(trained: Trained) -> None:
    github, run = trained.github(), find(trained).run
    with pytest.raises(CheckError, match="there is no artifact winnow-records"):
        read_handover(github, run)
    trained.hand_over()
    records, told = read_handover(github, run)
    assert [each.files for each in records] == [trained.files]
    assert list(told) == ["."]
    artifact(trained, "winnow-records").is_expired = True
    with pytest.raises(CheckError, match="GitHub has deleted artifact winnow-records"):
        read_handover(github, run)


def test_a_handover_about_another_commit_or_of_another_project_is_refused(trained: Trained) -> None:
    trained.told["commit"] = "ab" * 20
    trained.hand_over()
    github, run = trained.github(), find(trained).run
    with pytest.raises(RefusedError, match="about another commit"):
        read_handover(github, run)
    trained.told = {}
    trained.hand_over()
    trained.told = {"folder": "other"}
    trained.hand_over()
    trained.told = {"folder": "pets"}
    trained.hand_over()
    verdicts = [each for each in trained.repository.artifacts.values() if each.name == "winnow-verdict"]
    verdicts[-1].content = verdicts[-2].content
    with pytest.raises(RefusedError, match="it says nothing of"):
        read_handover(github, run)


def test_the_message_says_which_run_and_quotes_nobody(trained: Trained) -> None:
    run, judged = find(trained).run, better()
    named = judged.outcome.model_copy(update={"metric": "@everybody fixes #1"})
    odd = judged.model_copy(update={"outcome": named})
    told = {"pets/cats": PipelineResult(trained.told_run(), odd), ".": PipelineResult(trained.told_run(), judged)}
    numbers = pair_text(judged.outcome.base, judged.outcome.head)
    assert message_of(run, told) == (
        f"Accept the model of run {run.id}\n\nbetter (accuracy {numbers})\n"
        f"pets/cats: better (the primary metric {numbers})\n"
        f"{trained.server.url}/rice/leaves/actions/runs/{run.id}"
    )
