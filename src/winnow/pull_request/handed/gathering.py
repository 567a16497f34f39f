"""What is known of a commit at the head of a pull request: the newest results of its data and pipeline runs."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from winnow.github.client import GitHub, TooLargeError
from winnow.github.runs import Run, download_artifact, find_artifact, runs_at
from winnow.pull_request.handed.archive import RefusedError, refused
from winnow.pull_request.handed.handover import (
    DATA_ARTIFACT,
    MAX_ZIP_BYTES,
    VERDICT_ARTIFACT,
    PipelineResult,
    read_data,
    read_pipeline,
)
from winnow.pull_request.record import DataRun

DATA_WORKFLOW = ".github/workflows/data.yaml"
PIPELINE_WORKFLOW = ".github/workflows/pipeline.yaml"
EVENTS = ("pull_request", "workflow_dispatch")

Result = TypeVar("Result")


@dataclass(frozen=True)
class Handed(Generic[Result]):
    """What one workflow has come to at a commit."""

    run: Run | None = None
    """The newest; None where there was none."""
    projects: dict[str, Result] = field(default_factory=dict)
    """What it says, by the project's folder."""
    refusal: str = ""
    """Why what it handed over is not taken; empty otherwise."""


@dataclass(frozen=True)
class Seen:
    """The runs of a commit."""

    commit: str
    is_fork: bool
    """Whether the runs were about a fork's branch."""
    is_ours_too: bool
    """Whether a branch of this repository has the commit as well: then a fork's run decides nothing about it."""
    runs: list[Run]
    """All of the commit in the same repository, the newest first."""

    @property
    def data(self) -> Run | None:
        """The newest run of the data workflow."""
        return _newest(self.runs, DATA_WORKFLOW)

    @property
    def pipeline(self) -> Run | None:
        """The newest run of the pipeline."""
        return _newest(self.runs, PIPELINE_WORKFLOW)

    @property
    def state(self) -> tuple[object, ...]:
        """What changes whenever there is something new to tell."""
        return tuple((run.id, run.run_attempt, run.status, run.conclusion) for run in (self.data, self.pipeline) if run)


@dataclass(frozen=True)
class Gathered:
    """All that is known of a commit."""

    seen: Seen
    data: Handed[DataRun]
    pipeline: Handed[PipelineResult]

    @property
    def folders(self) -> list[str]:
        """Folders of the projects that the runs tell of."""
        return sorted({*self.data.projects, *self.pipeline.projects})

    @property
    def refusals(self) -> list[str]:
        """Why something was not taken."""
        return [handed.refusal for handed in (self.data, self.pipeline) if handed.refusal]


def look(github: GitHub, run: Run) -> Seen:
    """Return the runs of a run's commit and repository: GitHub names them, no artifact does."""
    everywhere = runs_at(github, run.head_sha)
    return Seen(
        commit=run.head_sha,
        is_fork=is_fork(github, run),
        is_ours_too=any(not is_fork(github, each) for each in everywhere),
        runs=[each for each in everywhere if each.head_repository_id == run.head_repository_id],
    )


def gather(github: GitHub, seen: Seen) -> Gathered:
    """Return what the newest runs of the data workflow and of the pipeline say."""
    return Gathered(
        seen,
        data=_handed(github, seen.data, DATA_ARTIFACT, read_data),
        pipeline=_handed(github, seen.pipeline, VERDICT_ARTIFACT, read_pipeline),
    )


def is_fork(github: GitHub, run: Run) -> bool:
    """Return whether a run was about code of another repository; one that is gone was another one."""
    return run.head_repository.casefold() != github.repository.casefold()


def _newest(runs: list[Run], workflow: str) -> Run | None:
    """Return the newest run of a workflow; one that was cancelled only where there is no other."""
    found = [run for run in runs if run.path == workflow and run.event in EVENTS]
    lasting = [run for run in found if run.conclusion not in ("cancelled", "skipped", "stale")]
    return next(iter(lasting or found), None)


def _handed(
    github: GitHub, run: Run | None, name: str, read: Callable[[bytes, str], dict[str, Result]]
) -> Handed[Result]:
    if run is None or not run.is_completed:
        return Handed(run)
    artifact = find_artifact(github, run.id, name)
    if artifact is None:
        return Handed(run)
    try:
        return Handed(run, read(download_artifact(github, artifact, MAX_ZIP_BYTES), run.head_sha))
    except TooLargeError:
        return Handed(run, refusal=refused(f"the archive is larger than {MAX_ZIP_BYTES:,} bytes").message)
    except RefusedError as error:
        return Handed(run, refusal=error.message)
