"""The records that the jobs of a release hand on: what was asked for, and what verifying it came to."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from winnow.attestation import FileSum
from winnow.files import read_json
from winnow.project import Project
from winnow.records import Document, Number, Record
from winnow.registry.entry import MAX_FILES, Hash, Text
from winnow.registry.names import Stage
from winnow.repository.git import git_root
from winnow.verdict.record.context import Commit
from winnow.verdict.record.evidence import Estimate

Name = Annotated[str, Field(max_length=200)]
Version = Annotated[str, Field(max_length=100)]
Result = Literal["pass", "fail", "overridden"]

REQUEST, VERIFICATION = "request.json", "verification.json"


class Request(Document):
    """Which model is to go where, and whether this run is to make the assignment."""

    writer = "winnow release request"

    action: Literal["promote", "deploy", "none"]
    """`deploy`: a person made the assignment; `none`: the event asks for nothing."""
    reason: Text
    """What asked for it; of `none`, why that is."""
    artifact: Name
    """Empty where nothing is asked for, as version and folder."""
    version: str
    stage: Stage
    folder: Name
    """Of the project, from the root of the repository."""

    @property
    def model(self) -> str:
        """`NAME@VERSION`."""
        return f"{self.artifact}@{self.version}"


class Check(Record):
    """One thing that was looked at."""

    id: Annotated[str, Field(max_length=50)]
    result: Result
    note: Text
    """What was found, in a sentence."""


class Answered(Record):
    """How an exported file answered about the test images, beside what `reports/predictions.parquet` holds."""

    file: Name
    precision: Literal["fp32", "int8"]
    max_difference: Number
    """Of a probability."""
    agreement: Number
    """Share of images whose top class is the recorded one."""
    accuracy_change: Estimate


class Timing(Record):
    """The served file, asked for single images on this machine."""

    p50_ms: Number
    p95_ms: Number
    num_trials: int
    recorded_p50_ms: Number | None
    """On the machine that exported it."""
    recorded_p95_ms: Number | None


class Verification(Document):
    """What was found of one version for one stage."""

    writer = "winnow verify model"

    artifact: Name
    version: Version
    stage: Stage
    commit: Commit
    data_hash: Hash | None
    """None where the evidence could not be drawn up; then a check failed."""
    lock_sha256: Hash | None
    files: Annotated[dict[str, FileSum], Field(max_length=MAX_FILES)]
    served: str
    """The file that a service answers with; empty where there is none."""
    checks: list[Check]
    num_images: int
    """Test images that were scored again."""
    metrics: dict[str, Estimate]
    """Of the served file, on the test images."""
    answered: list[Answered]
    timing: Timing | None
    vault: Literal["none", "due", "passed", "failed"]
    """`due`: there are images that nobody has looked at yet."""

    @property
    def has_passed(self) -> bool:
        """Whether nothing speaks against the version, the vault apart where that is due."""
        return all(check.result != "fail" for check in self.checks)

    @property
    def model(self) -> str:
        """`NAME@VERSION`."""
        return f"{self.artifact}@{self.version}"


def release_folder(near: Project) -> Path:
    """Return where a release leaves its records, whichever project of a repository it is of; Git ignores it."""
    return Project(git_root(near)).scratch / "release"


def read_asked(folder: Path) -> Request:
    """Return the request in the folder of a release. Raises InputError where there is none that can be read."""
    return Request.from_dict(read_json(folder / REQUEST, hint=f"`{Request.writer}` writes it"), REQUEST)


def read_verification(path: Path) -> Verification:
    """Return what a verification found. Raises InputError where there is none or it cannot be read."""
    return Verification.from_dict(read_json(path, hint=f"`{Verification.writer}` writes it"), path.name)
