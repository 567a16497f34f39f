import io
import zipfile
from datetime import timedelta

import pytest
from github_api import GitHubServer
from github_records import Repository
from github_records import Run as StoredRun

from winnow.github.client import GitHub, GitHubError, TooLargeError
from winnow.github.runs import artifacts_of, as_run, download_artifact, get_run, jobs_of, runs_at, runs_of_commit

SHA, OTHER = "ab" * 20, "cd" * 20
PIPELINE, DATA = ".github/workflows/pipeline.yaml", ".github/workflows/data.yaml"


@pytest.fixture
def add(server: GitHubServer, repository: Repository) -> StoredRun:
    fields = {"event": "pull_request", "head_branch": "topic"}
    server.github.add_run(repository, name="data", path=DATA, head_sha=SHA, **fields)
    server.github.add_run(repository, name="pipeline", path=PIPELINE, head_sha=OTHER, **fields)
    server.github.add_run(repository, name="pipeline", path=PIPELINE, head_sha=SHA, **fields)
    return server.github.add_run(repository, name="pipeline", path=PIPELINE, head_sha=SHA, **fields)


def test_a_run_tells_what_it_was_of(github: GitHub, repository: Repository, add: StoredRun) -> None:
    run = get_run(github, add.id)
    assert (run.id, run.path, run.event, run.head_sha, run.head_branch) == (
        add.id,
        PIPELINE,
        "pull_request",
        SHA,
        "topic",
    )
    assert (run.head_repository, run.head_repository_id) == ("rice/leaves", repository.id)
    assert (run.status, run.conclusion, run.is_completed) == ("in_progress", "", False)


def test_the_runs_of_a_commit_come_newest_first_and_of_one_workflow_if_asked(github: GitHub, add: StoredRun) -> None:
    assert [run.path for run in runs_at(github, SHA)] == [PIPELINE, PIPELINE, DATA]
    newest, older = runs_of_commit(github, SHA, PIPELINE)
    assert newest.id == add.id > older.id


def test_a_fork_that_is_gone_has_no_name() -> None:
    fields = {"id": 1, "event": "pull_request", "head_sha": SHA, "head_repository": None, "html_url": "https://x/"}
    run = as_run({**fields, "path": f"{PIPELINE}@main", "head_branch": None})
    assert (run.head_repository, run.head_repository_id, run.head_branch, run.path) == ("", None, "", PIPELINE)


def test_an_artifact_is_listed_and_downloaded(
    server: GitHubServer, repository: Repository, github: GitHub, add: StoredRun
) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("run.json", "{}")
    server.github.add_artifact(repository, add, "winnow-verdict", b"of an earlier attempt")
    server.github.add_artifact(repository, add, "winnow-verdict", stream.getvalue())
    newest, older = artifacts_of(github, add.id)
    assert (newest.name, newest.num_bytes, newest.is_expired) == ("winnow-verdict", len(stream.getvalue()), False)
    assert download_artifact(github, newest, 1_000) == stream.getvalue()
    assert download_artifact(github, older, 1_000) == b"of an earlier attempt"


def test_an_artifact_that_is_too_large_is_not_even_asked_for(
    server: GitHubServer, repository: Repository, github: GitHub, add: StoredRun
) -> None:
    server.github.add_artifact(repository, add, "winnow-verdict", bytes(2_000))
    [artifact] = artifacts_of(github, add.id)
    with pytest.raises(TooLargeError):
        download_artifact(github, artifact, 1_000)
    assert not any(request.path.endswith("/zip") for request in server.requests)


def test_an_artifact_that_has_expired_is_said_to_be(
    server: GitHubServer, repository: Repository, github: GitHub, add: StoredRun
) -> None:
    server.github.add_artifact(repository, add, "winnow-verdict", b"").is_expired = True
    [artifact] = artifacts_of(github, add.id)
    with pytest.raises(GitHubError, match="does not keep"):
        download_artifact(github, artifact, 1_000)


def test_jobs_tell_their_times(github: GitHub, add: StoredRun) -> None:
    times = {"started_at": "2026-11-21T10:00:05Z", "completed_at": "2026-11-21T10:01:05Z"}
    step = {"name": "Judge", **times}
    add.jobs.append(
        {"name": "pipeline", "created_at": "2026-11-21T10:00:00Z", "labels": ["gpu"], "steps": [step], **times}
    )
    add.jobs.append({"name": "waits", "started_at": None})
    job, waiting = jobs_of(github, add.id)
    assert job.started_at
    assert job.created_at
    assert job.completed_at
    assert (job.started_at - job.created_at, job.completed_at - job.started_at) == (
        timedelta(seconds=5),
        timedelta(minutes=1),
    )
    assert (job.labels, [step.name for step in job.steps]) == (("gpu",), ["Judge"])
    assert (waiting.started_at, waiting.steps, waiting.conclusion) == (None, (), "")
