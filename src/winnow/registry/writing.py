"""A new entry in the registry: its record, its tag, and the one push that shares it."""

from collections.abc import Sequence
from dataclasses import dataclass
from shlex import quote
from typing import Any

from winnow.errors import ExitCode
from winnow.markup.blocks import printable
from winnow.project import Project
from winnow.registry.entry import MAX_REASON, Against, Entry, Override, message_of
from winnow.registry.evidence import Evidence
from winnow.registry.history import History, read_history
from winnow.registry.names import stage_tag, version_tag
from winnow.registry.sharing import find_remote, publish, require_up_to_date
from winnow.registry.tags import create_tag, next_counter, read_tags
from winnow.registry.versions import require_readable


@dataclass(frozen=True)
class Written:
    """A tag that was made."""

    ref: str
    entry: Entry
    remote: str | None
    """To which it was pushed."""
    notes: tuple[str, ...] = ()
    exit_code = ExitCode.OK

    def lines(self) -> list[str]:
        """Return what to print."""
        subject = message_of(self.entry).partition("\n")[0]
        shared = f"pushed to {self.remote}" if self.remote else f"share it: git push origin {quote(self.ref)}"
        reason = printable(self.entry.reason, MAX_REASON)  # a rollback's comes from an old tag
        return [f"{subject}: {self.entry.call}, {reason}", f"tag {self.ref}, {shared}", *self.notes]

    def records(self) -> dict[str, Any]:
        """Return the tag and its record for `--json`."""
        return {"tag": self.ref, "pushed": self.remote is not None, "record": self.entry.as_dict()}


@dataclass(frozen=True)
class Desk:
    """Where entries are written: the model's history, and the remote that they go to."""

    project: Project
    history: History
    remote: str | None

    def write(self, entry: Entry, notes: Sequence[str] = ()) -> Written:
        """Make the tag of an entry, and push it where that was asked for.

        Raises CheckError when somebody else was first, UsageError for a name that GTO does not take.
        """
        tags = self.history.tags
        if entry.stage is None:
            ref = version_tag(entry.artifact, entry.version)
        else:
            is_withdrawn = entry.action == "withdraw"
            ref = stage_tag(entry.artifact, entry.stage, next_counter(tags), is_cancelled=is_withdrawn)
        require_readable(self.project, ref, entry.stage)
        create_tag(self.project, ref, entry.commit, message_of(entry), tags)
        if self.remote:
            publish(self.project, self.remote, ref)
        return Written(ref, entry, self.remote, tuple(notes))


def open_desk(project: Project, artifact: str, *, push: bool) -> Desk:
    """Return the desk of a model. Raises CheckError when it is to push and does not know what the remote knows."""
    tags = read_tags(project, artifact)
    remote = find_remote(project) if push else None
    if remote:
        require_up_to_date(project, remote, artifact, tags)
    return Desk(project, read_history(artifact, tags), remote)


def record_version(
    artifact: str, version: str, evidence: Evidence, against: Against | None, override: Override | None
) -> Entry:
    """Return the entry that registers a version."""
    outcome = evidence.findings.outcome
    return Entry(
        action="register",
        artifact=artifact,
        version=version,
        stage=None,
        commit=evidence.commit,
        base=evidence.base,
        data_hash=evidence.data_hash,
        lock_sha256=evidence.lock_sha256,
        metric=outcome.metric,
        metrics=evidence.findings.metrics,
        call=outcome.call,
        reason=outcome.reason,
        gates=evidence.gate_results,
        against=against,
        files=evidence.files,
        latency_p95_ms=evidence.findings.latency_p95_ms,
        override=override,
    )


def record_stage(entry: Entry, stage: str) -> Entry:
    """Return the entry that promotes what an entry is about."""
    return entry.model_copy(update={"action": "promote", "stage": stage})
