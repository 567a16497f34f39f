"""The record in a tag's message: what was known of a model when it was registered, promoted or rolled back."""

import json
from typing import Annotated, Literal

from pydantic import Field

from winnow.attestation import FileSum
from winnow.errors import WinnowError
from winnow.markup.blocks import printable
from winnow.records import Count, Document, Number, Record
from winnow.verdict.record.context import Commit
from winnow.verdict.record.evidence import Call, Estimate

MAX_REASON = 1_000
MAX_FILES = 1_000
PARTS = ("bundle", "onnx")
"""Folders in `models/` that make up a model; the first must be there."""

Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Text = Annotated[str, Field(max_length=MAX_REASON)]


class GateResult(Record):
    """A gate, and what became of it (docs/report.md)."""

    id: Annotated[str, Field(max_length=200)]
    level: Literal["required", "advisory"]
    result: Literal["pass", "fail", "waived", "not available"]


class Override(Record):
    """Why a model got through although something spoke against it, and who says so."""

    reason: Annotated[str, Field(min_length=1, max_length=MAX_REASON, pattern=r"\S")]
    by: Annotated[str, Field(max_length=200)]
    refusals: list[Text]
    """What spoke against it."""


class Against(Record):
    """The verdict on a model against the one that was in production then."""

    version: str
    call: Call
    difference: Estimate | None
    """Of the primary metric: this model minus that one."""


class VaultLook(Record):
    """What the served model did on images that nobody had looked at before. There is one for a version, ever."""

    metric: Annotated[str, Field(max_length=100)]
    """The primary one."""
    vault: Estimate
    test: Estimate
    """As recorded, on the test images."""
    difference: Estimate
    """Vault minus test."""
    margin: Number
    num_images: Count
    file: Annotated[str, Field(max_length=200)]
    sha256: Hash
    """Of that file."""
    passed: bool


class Entry(Document):
    """What a registry tag says. It is about one commit, and a tag on another commit cannot carry it."""

    writer = "winnow register"

    action: Literal["register", "promote", "rollback", "withdraw"]
    artifact: Annotated[str, Field(max_length=200)]
    version: Annotated[str, Field(max_length=100)]
    stage: str | None
    commit: Commit
    base: Commit | None
    """With which the model was compared; None for the first one."""
    data_hash: Hash
    """Of what Git holds of labels and images."""
    lock_sha256: Hash
    metric: str
    """The primary one."""
    metrics: dict[str, Estimate]
    call: Call
    reason: Text
    """What the call rests on."""
    gates: list[GateResult]
    against: Against | None
    files: Annotated[dict[str, FileSum], Field(max_length=MAX_FILES)]
    """The model: `bundle/...`, and `onnx/...` where it was exported."""
    latency_p95_ms: Number | None
    override: Override | None
    vault: VaultLook | None = None
    """None where there is no vault, or nobody has looked into it for this version."""

    @property
    def num_bytes(self) -> int:
        """Size of the model, both forms together."""
        return sum(each.num_bytes for each in self.files.values())


def message_of(entry: Entry) -> str:
    """Return a tag's message: one line for people, then the record."""
    what = f"{entry.artifact} {entry.version}"
    done = {
        "register": f"Register {what}",
        "promote": f"Promote {what} to {entry.stage}",
        "rollback": f"Roll {entry.stage} back to {what}",
        "withdraw": f"Withdraw {what} from {entry.stage}",
    }
    subject = done[entry.action]
    if entry.override:
        subject += ", overridden"
    return f"{subject}\n\n{json.dumps(entry.as_dict(), indent=1, sort_keys=True, ensure_ascii=True)}\n"


def read_message(body: str, tag: str) -> Entry | str:
    """Return the record in the body of a tag's message, or why there is none: other tools write tags, too."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return f"{tag} carries no record: it was not made by winnow"
    if not isinstance(content, dict):
        return f"{tag} carries no record: it was not made by winnow"
    try:
        return Entry.from_dict(content, tag)
    except WinnowError as error:
        return printable(error.message, MAX_REASON)
