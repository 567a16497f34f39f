"""The records around the comparison: gates, changes in the repository, what the model costs, where it comes from."""

from typing import Annotated, Literal

from pydantic import Field

from winnow.records import Count, Number, Record

Commit = Annotated[str, Field(pattern=r"^[0-9a-f]{40,64}$")]


class Waiver(Record):
    """Why a failed gate does not count, and who says so."""

    reason: str
    by: str
    source: Literal["file", "label"]


class Gate(Record):
    """A rule, and what became of it."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_.:-]*$", max_length=200)]
    """By which it is waived: `primary`, `floor:accuracy`, `classes`, `subgroups:site`, `calibration`, `data` …"""
    level: Literal["required", "advisory"]
    rule: str
    """In words."""
    limit: Number | None
    base: Number | None
    head: Number | None
    result: Literal["pass", "fail", "waived", "not available"]
    note: str
    """What failed (class names, say), or why nothing is known; may hold text from data."""
    waiver: Waiver | None


class Side(Record):
    """One of the two models."""

    name: str
    """As it was asked for: a revision, a file, `the working tree`."""
    commit: Commit | None
    source: Literal["working tree", "git", "dvc", "file", "metrics only", "not readable", "none"]
    """Where its predictions come from. `none`: there never were any, as before a project's first model."""


class KeyChange(Record):
    """A key of `params.yaml` (or of another params file)."""

    key: str
    base: str | None
    """As YAML; None where there is no such key."""
    head: str | None


class Stage(Record):
    """A stage of `dvc.yaml` and what made it run."""

    name: str
    state: Literal["ran", "unchanged", "new", "removed", "out of date"]
    """`ran`: its recorded inputs differ from the base's. `out of date`: dvc.lock does not know today's inputs."""
    reasons: list[str]
    """Dependencies and params that differ, by name."""


class ChangedFile(Record):
    """A file that Git says changed since the base."""

    path: str
    status: Literal["added", "modified", "deleted", "renamed"]
    stages: list[str]
    """Stages that depend on it: what could explain another model."""


class Changes(Record):
    """What changed in the repository between the two sides."""

    params: list[KeyChange]
    stages: list[Stage]
    files: list[ChangedFile]
    """Those that a stage depends on first."""
    num_commits: Count


class Curve(Record):
    """One learning curve."""

    metric: str
    series: Literal["train", "val", ""]
    steps: list[Number]
    base: list[Number]
    """Empty where it is not known."""
    base_steps: list[Number]
    head: list[Number]


class StepCost(Record):
    """What a step cost on either side (`reports/cost/STEP.json`)."""

    step: str
    base_s: Number | None
    head_s: Number | None
    base_peak_bytes: Count | None
    head_peak_bytes: Count | None
    base_device: str | None
    head_device: str | None


class Amount(Record):
    """A size or a time of the product itself: bytes of the model, latency of its export."""

    name: Literal["model_bytes", "num_parameters", "latency_p50_ms", "latency_p95_ms"]
    base: Number | None
    head: Number | None


class Cost(Record):
    """Training and model, before and after."""

    steps: list[StepCost]
    amounts: list[Amount]


class Provenance(Record):
    """What to check out and run to see the same."""

    merge_base: Commit | None
    lock_sha256: str | None
    """Of the head's `dvc.lock`."""
    is_dirty: bool
    """Whether the working tree has changes that no commit holds."""
    seeds: dict[str, int]
    versions: dict[str, str]
    machine: str
    commands: list[str]
    """That reproduce both sides and this report."""
    link: str | None
    """To the full report."""
