"""What there is to accept: the newest run of the pipeline at a pull request's head, and what it handed over."""

from dataclasses import dataclass

from winnow.errors import CheckError
from winnow.github.client import GitHub, TooLargeError
from winnow.github.commits import Commit, get_commit
from winnow.github.pulls import Pull
from winnow.github.runs import Run, download_artifact, find_artifact, runs_of_commit
from winnow.pull_request.accepting.asking import OUTSIDE, Asked
from winnow.pull_request.handed.archive import refused
from winnow.pull_request.handed.gathering import PIPELINE_WORKFLOW
from winnow.pull_request.handed.handover import MAX_ZIP_BYTES, VERDICT_ARTIFACT, PipelineResult, read_pipeline
from winnow.pull_request.handed.records_handover import MAX_ZIP_BYTES as MAX_RECORDS_BYTES
from winnow.pull_request.handed.records_handover import RECORDS_ARTIFACT, Records, read_records
from winnow.verdict.account.outcome import SHORT_COMMIT
from winnow.verdict.account.words import pair_text

_ACCEPT = "Accept the model of run "
_AGAIN = "run pipeline.yaml again, and ask then"


@dataclass(frozen=True)
class Subject:
    """A run, and the commit that it was about."""

    run: Run
    commit: Commit
    made: Commit | None
    """The commit that an earlier call made on top of it, which is then the head."""


def find_subject(github: GitHub, asked: Asked, repository_id: int, default_branch: str) -> Subject:
    """Return what there is to accept. Raises CheckError, with what to do instead, where there is nothing."""
    pull = asked.pull
    if pull.state != "open":
        raise CheckError(f"pull request {pull.number} is not open", hint="open it again, or accept another one")
    if pull.head_repository_id != repository_id:
        raise CheckError(f"pull request {pull.number} is of a fork", hint=OUTSIDE)
    if pull.head_branch == default_branch:
        raise CheckError(f"{default_branch} is the default branch: it is written by merging only", hint="use a branch")
    commit, made = get_commit(github, pull.head_sha), None
    run = _newest(github, commit.sha, repository_id)
    if run is None and commit.message.startswith(_ACCEPT) and len(commit.parents) == 1:
        commit, made = get_commit(github, commit.parents[0]), commit
        run = _newest(github, commit.sha, repository_id)
    if asked.commit and asked.commit != commit.sha:
        before, now = asked.commit[:SHORT_COMMIT], pull.head_sha[:SHORT_COMMIT]
        message = f"the head has moved on since it was asked: from {before} to {now}"
        raise CheckError(message, hint="look at its new report, and ask again")
    return Subject(_ended(run, pull), commit, made)


def read_handover(github: GitHub, run: Run) -> tuple[list[Records], dict[str, PipelineResult]]:
    """Return what a run handed over: the records, and what it says of each project.

    Raises RefusedError for what is not in order, CheckError for what is not there any more.
    """
    records = read_records(_download(github, run, RECORDS_ARTIFACT, MAX_RECORDS_BYTES), run.head_sha)
    told = read_pipeline(_download(github, run, VERDICT_ARTIFACT, MAX_ZIP_BYTES), run.head_sha)
    if any(told.get(each.run.folder) is None for each in records):
        raise refused("it has records of a project that it says nothing of")
    return records, told


def message_of(run: Run, told: dict[str, PipelineResult]) -> str:
    """Return the commit's message: which run, and what the verdict was. Nothing of it is text of a pull request."""
    calls = [_call(folder, result) for folder, result in sorted(told.items())]
    return "\n".join([f"{_ACCEPT}{run.id}", "", *calls, run.html_url])


def _call(folder: str, result: PipelineResult) -> str:
    where = "" if folder == "." else f"{folder}: "
    if result.verdict is None:
        return f"{where}no verdict"
    outcome = result.verdict.outcome
    metric = outcome.metric if outcome.metric.isidentifier() and outcome.metric.isascii() else "the primary metric"
    return f"{where}{outcome.call} ({metric} {pair_text(outcome.base, outcome.head)})"


def _newest(github: GitHub, sha: str, repository_id: int) -> Run | None:
    runs = runs_of_commit(github, sha, PIPELINE_WORKFLOW)
    own = (run for run in runs if run.event == "pull_request" and run.head_repository_id == repository_id)
    return next(own, None)


def _ended(run: Run | None, pull: Pull) -> Run:
    head = pull.head_sha[:SHORT_COMMIT]
    if run is None:
        raise CheckError(
            f"no run of pipeline.yaml is about {head}, the head of pull request {pull.number}", hint=_AGAIN
        )
    if not run.is_completed:
        raise CheckError(f"the run of pipeline.yaml for {head} has not ended: {run.html_url}", hint="ask again then")
    if run.conclusion != "success":
        raise CheckError(f"the run of pipeline.yaml for {head} did not end well: {run.html_url}", hint=_AGAIN)
    return run


def _download(github: GitHub, run: Run, name: str, max_bytes: int) -> bytes:
    found = find_artifact(github, run.id, name)
    if found is None or found.is_expired:
        why = "GitHub has deleted" if found else "there is no"
        raise CheckError(f"{why} artifact {name} of {run.html_url}", hint=_AGAIN)
    try:
        return download_artifact(github, found, max_bytes)
    except TooLargeError:
        raise refused(f"the archive {name} is larger than {max_bytes:,} bytes") from None
