"""`winnow pr data`: what a pull request does to the data, told without a model, and without downloading an image."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from winnow.changes.compare import compare
from winnow.changes.record import DataDiff
from winnow.data.labels import read_labels
from winnow.disclosure import read_disclosure
from winnow.errors import ExitCode, WinnowError
from winnow.markup.blocks import Block, word
from winnow.markup.markdown import to_markdown
from winnow.project import Project
from winnow.pull_request.job_summary import add_to_summary
from winnow.pull_request.projects import NOTHING_TOUCHED, Change, find_change, folder_of, touched
from winnow.pull_request.record import MAX_TEXT, Checks, DataRun, Finding
from winnow.pull_request.running.packing import Handover, empty_folder
from winnow.pull_request.running.streaming import ask_winnow
from winnow.pull_request.running.timing import Clock
from winnow.pull_request.telling.data_blocks import data_blocks
from winnow.records import NotAvailable

_MAX_FINDINGS = 1_000


@dataclass(frozen=True)
class DataResult:
    """What there is to say of each project."""

    runs: list[DataRun] = field(default_factory=list)
    exit_code = ExitCode.OK
    """Also for an error that a check found: the check on GitHub is what says no."""

    def lines(self) -> Iterator[str]:
        """Return what to print."""
        if not self.runs:
            yield NOTHING_TOUCHED
        for run in self.runs:
            yield f"{run.folder}: {_count(run.checks)}"


def pr_data(base: str, out: Path) -> DataResult:
    """Check and compare the data of every touched project, and fill the folder `out`; errors as `pr_pipeline`."""
    change = find_change(base)
    out = empty_folder(out)
    result = DataResult()
    for number, project in enumerate(touched(change)):
        run = _look(change, project, base)
        Handover(out, number).give_data(run)
        result.runs.append(run)
    add_to_summary([_page(run) for run in result.runs] or [f"{NOTHING_TOUCHED}.\n"])
    return result


def _look(change: Change, project: Project, base: str) -> DataRun:
    clock = Clock()
    with clock.step("winnow check"):
        checks = _check(project)
    with clock.step("winnow diff"):
        diff = _diff(project, base)
    folder = folder_of(change, project)
    return DataRun(folder=folder, commit=change.head, base=change.base, steps=clock.steps, checks=checks, diff=diff)


def _check(project: Project) -> Checks | NotAvailable:
    """Return what `winnow check` finds with what Git holds."""
    done = ask_winnow(project, "check", "--json")
    try:
        found = json.loads(done.stdout)
        return _checks(project, found)
    except (ValueError, KeyError, TypeError):
        reason = done.stderr.partition("\n")[0].removeprefix("error: ")
        return NotAvailable(not_available=_told(project, reason, "winnow check"))


def _checks(project: Project, found: dict[str, Any]) -> Checks:
    findings = [
        Finding(
            id=each["id"], severity=each["severity"], message=each["message"][:MAX_TEXT], hint=each["hint"][:MAX_TEXT]
        )
        for each in found["findings"][:_MAX_FINDINGS]
    ]
    not_run = {ids: why[:MAX_TEXT] for ids, why in found["not_run"].items()}
    return Checks(findings=findings, num_images=_num_labelled(project), not_run=not_run)


def _num_labelled(project: Project) -> int:
    return sum(label != "" for label in read_labels(project.labels).table["label"].to_pylist())


def _diff(project: Project, base: str) -> DataDiff | NotAvailable:
    try:
        return compare(project, base, from_merge_base=True).record
    except WinnowError as error:
        return NotAvailable(not_available=_told(project, error.message, "winnow diff"))


def _told(project: Project, reason: str, command: str) -> str:
    """Return a reason without places on this disk; a message about malformed labels quotes them."""
    try:
        may_tell = read_disclosure(project).may_show_ids
    except WinnowError:
        may_tell = False
    text = reason.replace(f"{project.root}/", "")[:MAX_TEXT]
    return text if may_tell and text else f"`{command}` says why"


def _count(checks: Checks | NotAvailable) -> str:
    if isinstance(checks, NotAvailable):
        return f"not checked: {checks.not_available}"
    errors = sum(each.severity == "error" for each in checks.findings)
    return f"{checks.num_images:,} labelled images, {errors:,} errors, {len(checks.findings) - errors:,} other findings"


def _page(run: DataRun) -> str:
    return to_markdown([Block("Data of", digest=(word(run.folder),)), *data_blocks(run, with_diff=True)])
