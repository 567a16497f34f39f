"""`winnow prepare`: labels and parts in; splits, checks, pixels, and what keeps training honest out."""

from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from winnow import cost
from winnow.checks.facts import Facts
from winnow.checks.findings import Finding, announce
from winnow.checks.report import describe
from winnow.checks.rules import run_checks
from winnow.config import read_section
from winnow.data.candidates import Candidates, OpenSamples, find_candidates, keep_candidates
from winnow.data.config import DataConfig, NearDuplicatesConfig, PrepareConfig
from winnow.data.labels import read_labels
from winnow.data.locations import locate
from winnow.data.near_duplicates import confirm
from winnow.data.parts import list_parts, part_ids
from winnow.data.pixel_store import bring_up_to_date
from winnow.data.pixels import variant
from winnow.data.prepared import Samples, channel_means, write_index
from winnow.data.splits import deal
from winnow.files import write_json
from winnow.project import Project

_JUDGED = ("val", "test", "vault")


def run(project: Project) -> list[Finding]:
    """Write `data/prepared/` and `reports/data.json`; return what the checks found.

    Raises CheckError for a data set that no model should be trained on: before any pixel is made, or when holding out
    near duplicates leaves a class without training images. There is no report then; the error says it all.
    """
    data = read_section(project, "data", DataConfig)
    config = read_section(project, "prepare", PrepareConfig)
    with cost.measured(project, "prepare") as spent:
        labels = read_labels(project.labels)
        parts = {part: len(part_ids(part)) for part in list_parts(project.images)}
        index = locate(labels, deal(labels, data), list(parts))
        facts = Facts(index, num_unlabelled=len(labels) - index.num_rows)
        announce(finding for finding in run_checks(facts) if finding.severity == "error")
        spent["num_decoded"] = bring_up_to_date(project.prepared, parts, config.spec())
        samples = partial(Samples, project.prepared, spec=config.spec(), suffix=variant(config.spec()))
        candidates = None
        if config.near_duplicates.hold_out:
            train, judged = facts.in_splits("train"), facts.in_splits(*_JUDGED)
            candidates = find_candidates(project.prepared, train, judged, samples, config.near_duplicates)
            facts = _hold_out(facts, candidates, samples, config.near_duplicates)
        findings = run_checks(facts)
        announce(findings)
        mean, std = channel_means(samples(facts.in_splits("train")))
        meta = write_index(project.prepared, facts.index, spec=config.spec(), mean=mean, std=std)
        keep_candidates(project.prepared, candidates, config.near_duplicates)
        write_json(project.data_report, describe(project, facts, findings, meta, list(parts)))
    return findings


def _hold_out(facts: Facts, candidates: Candidates, samples: OpenSamples, config: NearDuplicatesConfig) -> Facts:
    """Move training images that nearly duplicate a judged one to the split `held_out`."""
    train, judged = candidates.train, candidates.judged
    pairs = confirm(samples(train), samples(judged), candidates.nearest, config)
    held_out, partners = train["id"].take(pa.array(pairs[:, 0])), judged["id"].take(pa.array(pairs[:, 1]))
    is_held_out = pc.is_in(facts.index["id"], value_set=held_out.combine_chunks())
    return facts.with_held_out(is_held_out, list(zip(held_out.to_pylist(), partners.to_pylist(), strict=True)))
