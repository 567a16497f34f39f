"""The model card as data: what the run wrote down, and what the owner says of it. No clock and no commit are in it."""

import csv
import hashlib
import io
from pathlib import Path
from typing import Any

from winnow.attestation import FileSum, take_sums
from winnow.checks.report import disclosed
from winnow.config import read_section
from winnow.disclosure import read_disclosure
from winnow.errors import InputError
from winnow.evaluation.config import EvaluateConfig
from winnow.files import read_json
from winnow.models.bundle import DESCRIPTION, read_meta
from winnow.project import Project
from winnow.project_config import ProjectConfig
from winnow.records import Count, Document, NotAvailable, Number, Record
from winnow.registry.energy import Effort, estimate_effort
from winnow.registry.entry import PARTS
from winnow.registry.owner_part import OwnerPart, read_owner_part
from winnow.registry.subgroups import Subgroup, find_subgroups
from winnow.repository.dvc import load_yaml
from winnow.verdict.judging.metric_changes import Summaries, recorded_changes
from winnow.verdict.record.evidence import Estimate

_REPRO = "run `dvc repro`"
_FEW = 30
_WEAK = 5


class DataFacts(Record):
    """The data set."""

    num_images: Count
    num_classes: Count
    splits: dict[str, Count]
    classes: dict[str, dict[str, Count]]
    """Images by class and split."""
    checks: list[str]
    """What the checks found, with their ids."""


class ClassRecall(Record):
    """How many images of a class are found."""

    label: str
    support: Count
    recall: Estimate


class Origin(Record):
    """What made the model."""

    model: str
    lock_sha256: str | None
    data_hash: str | None
    code_hash: str | None
    versions: dict[str, str]
    params: dict[str, Any]
    """The sections `prepare`, `model` and `train` of `params.yaml`."""


class Card(Document):
    """Everything that `reports/card.md` says."""

    writer = "winnow card"

    name: str
    owner_part: OwnerPart
    gaps: list[str]
    """What the owner has not filled in."""
    data: DataFacts
    confidence: Number
    metrics: dict[str, Estimate]
    weakest: list[ClassRecall]
    """Classes by recall, the lowest first."""
    subgroups: list[Subgroup] | NotAvailable
    limits: list[str]
    """What the reports themselves show to be weak or unknown."""
    effort: Effort
    files: dict[str, FileSum]
    origin: Origin


def draw_card(project: Project) -> Card:
    """Return the card of the model in this work tree.

    Raises InputError without `reports/data.json` and `reports/metrics.json`, ConfigError for wrong parameters.
    """
    disclosure = read_disclosure(project)
    report = disclosed(read_json(project.data_report, hint=_REPRO), disclosure)
    metrics = read_json(project.metrics, hint=_REPRO)
    confidence = read_section(project, "evaluate", EvaluateConfig).confidence
    data, owner = _data(report), read_owner_part(project)
    weakest = _weakest(project.per_class)
    named = {each.name: each.head for each in recorded_changes(Summaries({}, metrics)) if each.head}
    return Card(
        name=read_section(project, "project", ProjectConfig).name,
        owner_part=owner,
        gaps=owner.gaps(),
        data=data,
        confidence=confidence,
        metrics=named,
        weakest=weakest,
        subgroups=find_subgroups(project, disclosure, confidence),
        limits=_limits(data, weakest),
        effort=estimate_effort(project, owner),
        files=_files(project),
        origin=_origin(project),
    )


def _data(report: dict[str, Any]) -> DataFacts:
    try:
        return DataFacts(
            num_images=report["num_images"],
            num_classes=report["num_classes"],
            splits=report["splits"],
            classes=report["classes"],
            checks=[f"{check['id']} {check['severity']}: {check['message']}" for check in report["checks"]],
        )
    except (KeyError, TypeError, ValueError):
        raise InputError("reports/data.json does not say what a card needs", hint="run `dvc repro prepare`") from None


def _weakest(table: Path) -> list[ClassRecall]:
    if not table.is_file():
        return []
    rows = csv.DictReader(io.StringIO(table.read_text(encoding="utf-8")))
    tested = [row for row in rows if row.get("recall")]
    found = [
        ClassRecall(label=row["label"], support=int(row["support"]), recall=_recall(row))
        for row in sorted(tested, key=lambda row: (float(row["recall"]), row["label"]))
    ]
    return found[:_WEAK]


def _recall(row: dict[str, str]) -> Estimate:
    value, low, high = (float(row[key]) if row.get(key) else None for key in ("recall", "recall_low", "recall_high"))
    assert value is not None, "rows without a recall are passed over"
    return Estimate(value=value, low=low, high=high)


def _limits(data: DataFacts, weakest: list[ClassRecall]) -> list[str]:
    limits = []
    few = {label: splits.get("test", 0) for label, splits in data.classes.items() if splits.get("test", 0) < _FEW}
    if few:
        least = min(few.values())
        limits.append(
            f"{len(few)} of {data.num_classes} classes have fewer than {_FEW} test images (the least: {least})"
        )
    if weakest and weakest[0].recall.low is not None:
        limits.append(f"the recall of the weakest class may be as low as {weakest[0].recall.low:.3f}")
    limits.append(
        "the numbers hold for images like those of the test set; other cameras, places and times are untested"
    )
    return limits


def _files(project: Project) -> dict[str, FileSum]:
    folders = (project.bundle.with_name(part) for part in PARTS)
    return {f"{folder.name}/{name}": each for folder in folders for name, each in take_sums(folder).items()}


def _origin(project: Project) -> Origin:
    params = load_yaml(project.params.read_bytes(), project.params.name)
    meta = read_meta(project.bundle) if (project.bundle / DESCRIPTION).is_file() else None
    lock = project.dvc_lock
    return Origin(
        model=str(params.get("model", {}).get("name", "")),
        lock_sha256=hashlib.sha256(lock.read_bytes()).hexdigest() if lock.is_file() else None,
        data_hash=meta.data_hash if meta else None,
        code_hash=meta.code_hash if meta else None,
        versions=meta.versions if meta else {},
        params={name: params[name] for name in ("prepare", "model", "train") if name in params},
    )
