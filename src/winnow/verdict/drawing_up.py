"""A verdict drawn up: both sides read, aligned and judged, with all that surrounds them."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from shlex import quote
from typing import TypeVar

from winnow.changes.compare import compare
from winnow.changes.record import DataDiff
from winnow.config import read_section
from winnow.disclosure import Disclosure
from winnow.errors import WinnowError
from winnow.evaluation.withholding import without_descriptions
from winnow.project import Project
from winnow.project_config import ProjectConfig
from winnow.records import NotAvailable
from winnow.repository.git import read_at
from winnow.verdict.causes.costs import find_cost
from winnow.verdict.causes.learning_curves import find_curves
from winnow.verdict.causes.provenance import find_provenance
from winnow.verdict.causes.revision_changes import find_changes
from winnow.verdict.judging.comparison import judge
from winnow.verdict.judging.gates import Surroundings, judge_gates
from winnow.verdict.judging.metric_changes import Summaries
from winnow.verdict.judging.noise import find_noise
from winnow.verdict.judging.waivers import read_waivers
from winnow.verdict.record.context import Waiver
from winnow.verdict.record.verdict import Verdict
from winnow.verdict.rules import read_rules
from winnow.verdict.sides.alignment import align
from winnow.verdict.sides.contender import Contender
from winnow.verdict.sides.reading import find_commit, read_revision, read_working_tree
from winnow.verdict.sides.rescoring import complete

_MAX_NAME = 200

Part = TypeVar("Part")


@dataclass(frozen=True)
class Question:
    """What a reviewer wants to know."""

    base: str
    """A revision; the working tree is compared with the commit at which HEAD and it parted."""
    predictions: Path | None = None
    """Instead of `reports/predictions.parquet`, on both sides; then the repository need not be a winnow project."""
    rescore: bool = True
    """Whether the base's model may be asked again about test images that came after it."""
    waivers: Mapping[str, Waiver] = field(default_factory=dict)
    """By gate id, besides those in `waivers.yaml`."""
    link: str | None = None
    """To where the full report will be."""


def draw_up(project: Project, question: Question) -> Verdict:
    """Return the verdict on the working tree.

    Raises UsageError for a base that does not exist, InputError without predictions of the working tree, ConfigError
    for rules that are wrong. What else is missing is told in its block.
    """
    judging = read_rules(project)
    commit = find_commit(project, question.base, from_merge_base=True)
    head = as_disclosed(read_working_tree(project, question.predictions), judging.disclosure)
    base = _base(project, question, head)
    summaries = Summaries(base.metrics, head.metrics)
    judgement = judge(align(base, head), judging, summaries)
    data = _told(project, _data(project, question.base, judging.disclosure))
    cost = _told(project, find_cost(project, commit))
    waivers = {**read_waivers(project.waivers, _text_at(project, commit)), **question.waivers}
    around = Surroundings(_has_model(base), summaries, data, cost)
    return Verdict(
        project=_name(project),
        disclose=judging.disclosure.level,
        confidence=judging.confidence,
        base=base.side,
        head=head.side,
        gates=judge_gates(judging.gate, judgement, around, waivers),
        noise=_told(project, find_noise(project, judgement.outcome, judging.confidence)),
        data=data,
        changes=_told(project, find_changes(project, commit)),
        curves=_told(project, find_curves(project, commit)),
        cost=cost,
        provenance=find_provenance(project, commit, report=_command(project, question), link=question.link),
        **{name: getattr(judgement, name) for name in type(judgement).model_fields},
    )


def as_disclosed(contender: Contender, disclosure: Disclosure) -> Contender:
    """Return a model's answers without further columns where the project shows aggregates only.

    The project's own file lacks them then (docs/privacy.md). One from elsewhere may have them, and the value of a
    column can name a person.
    """
    if disclosure.may_show_ids or isinstance(contender.predictions, NotAvailable):
        return contender
    return replace(contender, predictions=without_descriptions(contender.predictions))


def _base(project: Project, question: Question, head: Contender) -> Contender:
    base = read_revision(project, question.base, question.predictions, from_merge_base=True)
    base = complete(project, base, head, rescore=question.rescore)
    notes = tuple(_without_place(project, note) for note in base.notes)
    return replace(base, predictions=_told(project, base.predictions), notes=notes)


def _has_model(base: Contender) -> bool:
    return base.side.source != "none"


def _data(project: Project, base: str, disclosure: Disclosure) -> DataDiff | NotAvailable:
    try:
        return compare(project, base, from_merge_base=True).record
    except WinnowError as error:
        # A message about malformed labels quotes them.
        reason = error.message if disclosure.may_show_ids else "it cannot be compared (`winnow diff` says why)"
        return NotAvailable(not_available=reason)


def _told(project: Project, part: Part | NotAvailable) -> Part | NotAvailable:
    """Return a part of the verdict; the reason of one that is missing names no place on this disk."""
    if not isinstance(part, NotAvailable):
        return part
    return NotAvailable(not_available=_without_place(project, part.not_available))


def _without_place(project: Project, text: str) -> str:
    return text.replace(f"{project.root}{os.sep}", "")


def _name(project: Project) -> str:
    try:
        return read_section(project, "project", ProjectConfig).name
    except WinnowError:
        return project.root.name[:_MAX_NAME]


def _text_at(project: Project, commit: str) -> str | None:
    content = read_at(project, commit, project.waivers)
    return None if content is None else content.decode("utf-8-sig", "replace")


def _command(project: Project, question: Question) -> str:
    """Return the command that draws this verdict up, but for its base; it names no place on this disk."""
    path = question.predictions
    if path is not None and path.is_relative_to(project.root):
        path = path.relative_to(project.root)
    predictions = "" if path is None else f" --predictions {quote(path.as_posix())}"
    return f"winnow report{predictions}{'' if question.rescore else ' --no-rescore'}"
