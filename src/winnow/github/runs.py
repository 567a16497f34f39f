"""Runs of workflows: which there are for a commit, what they handed over, and how long their jobs took."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from winnow.github.client import GitHub, GitHubError, Json, TooLargeError


@dataclass(frozen=True)
class Run:
    """One run, in the words of GitHub."""

    id: int
    name: str
    """As the workflow calls itself; not ours."""
    path: str
    """`.github/workflows/NAME.yaml`, as the commit of the run has it."""
    event: str
    """What started it: `pull_request`, `workflow_dispatch` …"""
    head_sha: str
    head_branch: str
    head_repository_id: int | None
    """None where a fork is gone."""
    head_repository: str
    """`OWNER/NAME`; empty where a fork is gone."""
    status: str
    """`completed`, or something before that."""
    conclusion: str
    """`success`, `failure`, `cancelled` …; empty until it is completed."""
    html_url: str
    run_attempt: int
    created_at: datetime | None

    @property
    def is_completed(self) -> bool:
        """Whether nothing of it is still to come."""
        return self.status == "completed"


@dataclass(frozen=True)
class Artifact:
    """Files that a run handed over, as one archive."""

    id: int
    name: str
    num_bytes: int
    """Of the archive."""
    is_expired: bool


@dataclass(frozen=True)
class JobStep:
    """A step of a job."""

    name: str
    started_at: datetime | None
    completed_at: datetime | None


@dataclass(frozen=True)
class Job:
    """A job of a run; its names come from the workflow of the run's commit."""

    name: str
    conclusion: str
    labels: tuple[str, ...]
    """Of the runner that was asked for."""
    created_at: datetime | None
    started_at: datetime | None
    completed_at: datetime | None
    steps: tuple[JobStep, ...]


def get_run(github: GitHub, run_id: int) -> Run:
    """Return a run."""
    return as_run(github.get(f"actions/runs/{run_id}"))


def runs_of_commit(github: GitHub, sha: str, workflow_path: str) -> list[Run]:
    """Return the runs of one workflow at a commit, the newest first."""
    return [run for run in runs_at(github, sha) if run.path == workflow_path]


def runs_at(github: GitHub, sha: str) -> list[Run]:
    """Return all runs at a commit, the newest first."""
    runs = map(as_run, github.pages("actions/runs", "workflow_runs", head_sha=sha))
    return sorted((run for run in runs if run.head_sha == sha), key=lambda run: run.id, reverse=True)


def find_artifact(github: GitHub, run_id: int, name: str) -> Artifact | None:
    """Return a run's newest artifact of a name; None where it made none."""
    return next((each for each in artifacts_of(github, run_id) if each.name == name), None)


def artifacts_of(github: GitHub, run_id: int) -> list[Artifact]:
    """Return what a run handed over, the newest first: a run that was started again may have a name twice."""
    listed = github.pages(f"actions/runs/{run_id}/artifacts", "artifacts")
    found = [Artifact(each["id"], each["name"], each["size_in_bytes"], each["expired"]) for each in listed]
    return sorted(found, key=lambda artifact: artifact.id, reverse=True)


def download_artifact(github: GitHub, artifact: Artifact, max_bytes: int) -> bytes:
    """Return the archive. Raises TooLargeError, before the download where GitHub knows it."""
    if artifact.is_expired:
        raise GitHubError("GitHub does not keep this artifact any more", hint="run the workflow again")
    if artifact.num_bytes > max_bytes:
        raise TooLargeError(f"expected an artifact of at most {max_bytes:,} bytes, got {artifact.num_bytes:,}")
    return github.download(f"actions/artifacts/{artifact.id}/zip", max_bytes=max_bytes)


def jobs_of(github: GitHub, run_id: int) -> list[Job]:
    """Return the jobs of a run's latest attempt."""
    return list(_jobs(github.pages(f"actions/runs/{run_id}/jobs", "jobs")))


def as_run(record: Json) -> Run:
    """Return a run from GitHub's own record of it: an answer, or part of an event."""
    head = record.get("head_repository") or {}
    return Run(
        id=record["id"],
        name=record.get("name") or "",
        # GitHub's documentation shows it with `@BRANCH` behind it.
        path=record["path"].partition("@")[0],
        event=record["event"],
        head_sha=record["head_sha"],
        head_branch=record.get("head_branch") or "",
        head_repository_id=head.get("id"),
        head_repository=head.get("full_name") or "",
        status=record.get("status") or "",
        conclusion=record.get("conclusion") or "",
        html_url=record["html_url"],
        run_attempt=record.get("run_attempt") or 1,
        created_at=_moment(record.get("created_at")),
    )


def _jobs(records: Iterator[Json]) -> Iterator[Job]:
    for record in records:
        yield Job(
            name=record["name"],
            conclusion=record.get("conclusion") or "",
            labels=tuple(record.get("labels") or ()),
            created_at=_moment(record.get("created_at")),
            started_at=_moment(record.get("started_at")),
            completed_at=_moment(record.get("completed_at")),
            steps=tuple(map(_step, record.get("steps") or ())),
        )


def _step(record: Json) -> JobStep:
    return JobStep(record["name"], _moment(record.get("started_at")), _moment(record.get("completed_at")))


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
