"""`winnow prepare`: labels and parts in; splits, checks, pixels, and what keeps training honest out."""

from functools import partial

from winnow import cost
from winnow.checks.config import ChecksConfig
from winnow.checks.findings import Finding, announce
from winnow.checks.gathering import first_facts, hold_out, with_pictures
from winnow.checks.report import describe, disclosed
from winnow.checks.rules import run_checks
from winnow.config import read_section
from winnow.data.candidates import keep_candidates
from winnow.data.config import DataConfig, PrepareConfig
from winnow.data.labels import read_labels
from winnow.data.parts import list_parts, part_ids
from winnow.data.pixel_store import bring_up_to_date
from winnow.data.pixels import variant
from winnow.data.prepared import Samples, channel_means, write_index
from winnow.disclosure import read_disclosure
from winnow.files import write_json
from winnow.gate_config import read_sensitivity
from winnow.project import Project
from winnow.project_config import ProjectConfig


def run(project: Project) -> list[Finding]:
    """Write `data/prepared/` and `reports/data.json`; return what the checks found.

    Raises CheckError for a data set that no model should be trained on: before any pixel is made, or when holding out
    near duplicates leaves a class without training images. There is no report then; the error says it all.
    """
    data = read_section(project, "data", DataConfig)
    config = read_section(project, "prepare", PrepareConfig)
    checks = read_section(project, "checks", ChecksConfig)
    compute = read_section(project, "project", ProjectConfig).compute
    with cost.measured(project, "prepare") as spent:
        parts = {part: len(part_ids(part)) for part in list_parts(project.images)}
        facts = first_facts(read_labels(project.labels), data, list(parts), read_sensitivity(project))
        announce(finding for finding in run_checks(facts, checks) if finding.severity == "error")
        spent["num_decoded"] = bring_up_to_date(project.prepared, parts, config.spec(), compute=compute)
        samples = partial(Samples, project.prepared, spec=config.spec(), suffix=variant(config.spec()))
        facts, candidates = hold_out(project.prepared, facts, samples, config.near_duplicates)
        facts = with_pictures(facts, samples, list(parts))
        findings = run_checks(facts, checks)
        announce(findings)
        mean, std = channel_means(samples(facts.in_splits("train")))
        meta = write_index(project.prepared, facts.index, spec=config.spec(), mean=mean, std=std)
        keep_candidates(project.prepared, candidates, config.near_duplicates)
        report = describe(project, facts, findings, meta, list(parts))
        write_json(project.data_report, disclosed(report, read_disclosure(project)))
    return findings
