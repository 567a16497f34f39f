"""`winnow check`: everything that the checks can say about the data set as it is now."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from winnow.checks.clusters import find_clusters
from winnow.checks.config import ChecksConfig
from winnow.checks.facts import Facts
from winnow.checks.findings import SEVERITIES, Example, Finding
from winnow.checks.gathering import first_facts, hold_out, with_pictures
from winnow.checks.opinions import read_opinions
from winnow.checks.rules import not_run, run_checks
from winnow.config import read_section
from winnow.data.config import DataConfig, PrepareConfig
from winnow.data.contents import read_contents
from winnow.data.labels import read_labels
from winnow.data.parts import list_parts
from winnow.data.pixels import pixels_name, variant
from winnow.data.prepared import Samples
from winnow.disclosure import read_disclosure
from winnow.errors import ExitCode
from winnow.files import disk_errors, write_text
from winnow.gate_config import read_sensitivity
from winnow.project import Project
from winnow.reporting.check_page import CheckedPicture, ShownExample, ShownFinding, render_findings

_WHY = {
    "pictures": "the pixels are not prepared (dvc repro prepare)",
    "clusters": "the pixels are not prepared (dvc repro prepare)",
    "opinions": "there are no predictions (dvc repro evaluate)",
}
_SHOWN_IDS = 3


@dataclass(frozen=True)
class CheckResult:
    """What was found, the worst first."""

    findings: list[Finding]
    num_images: int
    not_run: dict[str, str]
    """Ids of checks that were not run, and why."""

    is_strict: bool = False
    may_show_ids: bool = True

    @property
    def exit_code(self) -> ExitCode:
        """FAILED for an error; where it is strict, for a warning too."""
        failing = {"error", "warning"} if self.is_strict else {"error"}
        is_failure = any(finding.severity in failing for finding in self.findings)
        return ExitCode.FAILED if is_failure else ExitCode.OK

    def lines(self) -> Iterator[str]:
        """Yield what to print."""
        for finding in self.findings:
            yield f"{finding.id} {finding.severity}: {finding.message}"
            for example in finding.examples[:_SHOWN_IDS] if self.may_show_ids else ():
                yield f"    {' '.join(example.ids)}{f'  {example.note}' if example.note else ''}"
            yield f"    hint: {finding.hint}"
        yield from (f"not run: {ids}: {why}" for ids, why in self.not_run.items())
        counts = (f"{count} {name}" for name, count in self._counts().items() if count)
        yield f"{self.num_images:,} labelled images: {', '.join(counts) or 'nothing found'}"

    def records(self) -> dict[str, Any]:
        """Return the findings for `--json`."""
        return {
            "findings": [self._shown(finding).as_dict() for finding in self.findings],
            "counts": self._counts(),
            "not_run": self.not_run,
        }

    def _shown(self, finding: Finding) -> Finding:
        return finding if self.may_show_ids else replace(finding, examples=[])

    def _counts(self) -> dict[str, int]:
        return {name: sum(finding.severity == name for finding in self.findings) for name in SEVERITIES}


def check(project: Project, *, is_strict: bool = False) -> CheckResult:
    """Ask every check that can be asked with what is on this machine. Nothing is written.

    Raises InputError for missing labels, for prepared pixels or predictions that cannot be read.
    """
    return _check(project, is_strict=is_strict)[1]


def check_page(project: Project, *, is_strict: bool = False) -> tuple[Path, CheckResult]:
    """Write a page with the pictures of each finding, and return its path and the findings; errors as `check`.

    It is ignored by Git: pictures stay on this disk, whatever `disclose` says.
    """
    facts, result = _check(project, is_strict=is_strict)
    ids = [each for finding in result.findings for example in finding.examples for each in example.ids]
    contents = read_contents(list_parts(project.images), ids)
    chosen = facts.index.filter(pc.is_in(facts.index["id"], value_set=pa.array(ids, pa.string())))
    labels = dict(zip(chosen["id"].to_pylist(), chosen["label"].to_pylist(), strict=True))

    def show(example: Example) -> ShownExample:
        pictures = [CheckedPicture(each, labels.get(each, ""), contents.get(each)) for each in example.ids]
        return ShownExample(pictures, example.note)

    shown = (
        ShownFinding(each.id, each.severity, each.message, each.hint, [show(example) for example in each.examples])
        for each in result.findings
    )
    with disk_errors(project.checks_page):
        write_text(project.checks_page, render_findings("Checks of the data set", shown, result.not_run))
    return project.checks_page, result


def _check(project: Project, *, is_strict: bool) -> tuple[Facts, CheckResult]:
    config = read_section(project, "checks", ChecksConfig)
    parts = list_parts(project.images)
    data = read_section(project, "data", DataConfig)
    facts = first_facts(read_labels(project.labels), data, parts, read_sensitivity(project))
    facts = _look_at_pictures(project, facts, parts)
    if project.predictions.is_file():
        opinions = read_opinions(project.predictions, facts.index, config.label_confidence)
        facts = replace(facts, opinions=opinions)
    findings = sorted(run_checks(facts, config), key=lambda finding: SEVERITIES.index(finding.severity))
    missing = {", ".join(ids): _WHY[what] for what, ids in not_run(facts).items()}
    num_images, may_show_ids = facts.index.num_rows, read_disclosure(project).may_show_ids
    return facts, CheckResult(findings, num_images, missing, is_strict, may_show_ids)


def _look_at_pictures(project: Project, facts: Facts, parts: list[Path]) -> Facts:
    """Return the facts with what the prepared pixels tell, where they are all there."""
    config = read_section(project, "prepare", PrepareConfig)
    suffix = variant(config.spec())
    needed = pc.unique(facts.index["part"]).to_pylist()
    if not needed or not all(each and (project.prepared / pixels_name(each, suffix)).is_file() for each in needed):
        return facts
    samples = partial(Samples, project.prepared, spec=config.spec(), suffix=suffix)
    facts, _ = hold_out(project.prepared, facts, samples, config.near_duplicates)
    clusters = find_clusters(samples(facts.index), config.near_duplicates)
    return with_pictures(replace(facts, clusters=clusters), samples, parts)
