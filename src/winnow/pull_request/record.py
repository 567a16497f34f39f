"""What a run of a pull request's own code hands over, as data: it had no rights, so nothing in here is believed.

The records name the commit that they are about; they never name a pull request, for whoever posts asks GitHub for that.
"""

from typing import Annotated, Literal

from pydantic import Field

from winnow.changes.record import DataDiff
from winnow.records import Count, Document, NotAvailable, Number, Record
from winnow.verdict.record.context import Commit

ACCEPT_LABEL = "winnow:accept"
"""Asks for the model of a pull request to be committed."""

MAX_PROJECTS = 20
RUN_FILE, VERDICT_FILE = "run.json", "verdict.json"
"""What is handed over of each project."""

MAX_TEXT = 4_000

Text = Annotated[str, Field(max_length=MAX_TEXT)]
_NAME = r"[A-Za-z0-9_][A-Za-z0-9_.-]*"
Folder = Annotated[str, Field(pattern=rf"^(\.|{_NAME}(/{_NAME})*)$", max_length=200)]
"""A project's folder in its repository; `.` is the repository itself."""


class Step(Record):
    """A part of a run, and how long it took."""

    name: Annotated[str, Field(max_length=100)]
    seconds: Number


class Finding(Record):
    """What a check of the data found (docs/checks.md)."""

    id: Annotated[str, Field(pattern=r"^D\d{3}$")]
    severity: Literal["error", "warning", "info"]
    message: Text
    hint: Text


class Checks(Record):
    """What `winnow check` found; without images or prepared pixels some checks cannot run."""

    findings: Annotated[list[Finding], Field(max_length=1_000)]
    num_images: Count
    not_run: dict[str, Text]
    """Ids of checks, and why they were not run."""


class Run(Document):
    """What every run says of itself."""

    folder: Folder
    commit: Commit
    """The head of the pull request. A handover about any other commit is refused."""
    base: Commit | None
    """Where it parted from the branch that it wants to join."""
    steps: Annotated[list[Step], Field(max_length=100)]


class DataRun(Run):
    """Of `winnow pr data`: the data set, without a model."""

    writer = "winnow pr data"

    checks: Checks | NotAvailable
    diff: DataDiff | NotAvailable


class Smoke(Record):
    """The pipeline of this commit on the embedded digits, in a folder of its own."""

    passed: bool
    message: Text
    """The last words of what failed."""


class Store(Record):
    """What became of the outputs: the objects of DVC that this run made and that are to be stored."""

    remote: Literal["none", "readable", "not readable"]
    num_objects: Count
    num_bytes: Count


class PipelineRun(Run):
    """Of `winnow pr pipeline`: how the model that the verdict (a file of its own) judges came about."""

    writer = "winnow pr pipeline"

    state: Literal["rebuilt", "unchanged", "in git", "failed"]
    """`rebuilt`: stages ran. `unchanged`: DVC found nothing to do. `in git`: nothing was run, what the commit holds is
    judged. `failed`: a stage failed."""
    reason: Text
    """Why nothing was run, or the last words of what failed; empty otherwise."""
    stages: Annotated[list[str], Field(max_length=1_000)]
    """That ran."""
    is_lock_current: bool
    """Whether the commit's own `dvc.lock` is the one that this run ended with."""
    smoke: Smoke | None
    store: Store
