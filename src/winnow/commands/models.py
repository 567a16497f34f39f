"""`winnow models`: every version, the latest first: where it is, how good, how large, how old."""

import time
from dataclasses import dataclass, field
from typing import Any

from winnow.errors import ExitCode
from winnow.markup.amounts import bytes_text
from winnow.markup.blocks import Block, Row, printable
from winnow.markup.text import to_text
from winnow.project import Project
from winnow.registry.entry import Against, Entry, VaultLook
from winnow.registry.history import Event, History, read_history
from winnow.registry.names import artifact_name
from winnow.registry.tags import read_tags
from winnow.verdict.account.words import UNKNOWN, difference_text, estimate_text, has_points

_DAY_S = 86_400
_UNITS = ((365 * _DAY_S, "y"), (30 * _DAY_S, "mo"), (_DAY_S, "d"), (3_600, "h"), (60, "min"))
_HEADER = ("version", "stage", "metric", "against production", "size", "p95", "age", "")
_ROWS = 20
_VAULT = '"vault": {'


@dataclass(frozen=True)
class Model:
    """A version and all that its tags say."""

    version: str
    event: Event
    promotion: Event | None
    """To production, the last one."""
    stages: list[str]
    assignments: list[Event] = field(default_factory=list)
    """To any stage, the last one first."""

    @property
    def entry(self) -> Entry | str:
        """What was recorded when it was registered, or why that does not count; read when it is asked for."""
        return self.event.entry

    @property
    def against(self) -> Against | None:
        """The verdict against what was in production when it was promoted there, else when it was registered."""
        entries = (event.entry for event in (self.promotion, self.event) if event)
        return next((entry.against for entry in entries if isinstance(entry, Entry)), None)

    @property
    def vault(self) -> VaultLook | None:
        """What it did on images that nobody had looked at, as the last promotion that knew it says."""
        entries = (event.entry for event in self.assignments)
        return next((entry.vault for entry in entries if isinstance(entry, Entry) and entry.vault), None)


@dataclass(frozen=True)
class ModelsResult:
    """The versions, the latest first."""

    artifact: str
    models: list[Model]
    now_s: int
    exit_code = ExitCode.OK

    def lines(self) -> list[str]:
        """Return the table."""
        if not self.models:
            return [f"no version of {self.artifact} is registered: winnow register"]
        rows = [self._row(model) for model in self.models[:_ROWS]]
        held = [self._row(model) for model in self.models[_ROWS:] if model.stages]
        more = len(self.models) - len(rows) - len(held)
        block = Block(self.artifact, header=_HEADER, rows=[*rows, *held], align="llrlrrrl", max_rows=len(self.models))
        table = to_text([block])
        return [*table, f"and {more:,} more: --json lists them all"] if more else table

    def records(self) -> list[dict[str, Any]]:
        """Return every version with its record for `--json`."""
        return [
            {
                "artifact": self.artifact,
                "version": model.version,
                "tag": model.event.tag.ref,
                "commit": model.event.tag.commit,
                "created_s": model.event.tag.created_s,
                "by": printable(model.event.tag.by, 100),
                "stages": model.stages,
                "against": model.against.model_dump(mode="json") if model.against else None,
                "vault": model.vault.model_dump(mode="json") if model.vault else None,
                "record": model.entry.as_dict() if isinstance(model.entry, Entry) else None,
                "problem": model.entry if isinstance(model.entry, str) else None,
            }
            for model in self.models
        ]

    def _row(self, model: Model) -> Row:
        stages, age = ", ".join(model.stages), age_text(self.now_s - model.event.tag.created_s)
        entry = model.entry
        if isinstance(entry, str):
            return (model.version, stages, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, age, "no record")
        latency = UNKNOWN if entry.latency_p95_ms is None else f"{entry.latency_p95_ms:.1f} ms"
        return (
            model.version,
            stages,
            f"{printable(entry.metric, 40)} {estimate_text(entry.metrics.get(entry.metric))}",
            _against_text(model.against, entry.metric),
            bytes_text(entry.num_bytes),
            latency,
            age,
            "overridden" if entry.override else "",
        )


def list_models(project: Project) -> ModelsResult:
    """Return the versions of the project's model, from one reading of the tags."""
    artifact = artifact_name(project)
    history = read_history(artifact, read_tags(project, artifact))
    stages = _stages(history)
    promotions = {history.version_of(event): event for event in history.stages.get("production", [])}
    assigned = _assignments(history)
    models = [
        Model(version, event, promotions.get(version), stages.get(version, []), assigned.get(version, []))
        for version, event in reversed(history.versions.items())
    ]
    return ModelsResult(artifact, models, int(time.time()))


def age_text(seconds: int) -> str:
    """Return how long ago something was, in one unit: `3 d`."""
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return "now"


def _stages(history: History) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for stage in sorted(history.stages):
        if version := history.in_stage(stage):
            found.setdefault(version, []).append(stage)
    return found


def _assignments(history: History) -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = {}
    # Most messages need not be read for this. What was rolled back since counts, too.
    for event in (Event(tag) for tag in reversed(history.tags) if tag.name.stage and _VAULT in tag.body):
        if version := history.version_of(event):
            found.setdefault(version, []).append(event)
    return found


def _against_text(against: Against | None, metric: str) -> str:
    if against is None:
        return UNKNOWN
    difference = difference_text(against.difference, in_points=has_points(metric)) if against.difference else ""
    word = f"{against.call} than" if against.call in ("better", "worse") else f"{against.call},"
    return f"{word} {printable(against.version, 40)} {difference}".strip()
