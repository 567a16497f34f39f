"""`reports/data.json`: what the data set holds and what the checks found."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from winnow.checks.facts import Facts
from winnow.checks.findings import Finding
from winnow.checks.originals import read_originals
from winnow.data.prepared import SPLITS, PreparedMeta
from winnow.disclosure import Disclosure
from winnow.project import Project


def describe(
    project: Project, facts: Facts, findings: Sequence[Finding], meta: PreparedMeta, parts: Sequence[Path]
) -> dict[str, Any]:
    """Return the content of the report. It holds no time and no count of work done: those never repeat."""
    return {
        "num_images": facts.index.num_rows + facts.num_unlabelled,
        "num_labelled": facts.index.num_rows,
        "num_unlabelled": facts.num_unlabelled,
        "num_classes": len(facts.counts),
        "classes": {label: {split: count[split] for split in SPLITS} for label, count in facts.counts.items()},
        "splits": facts.split_counts,
        "groups": _groups(facts.index["group"]),
        "checks": [finding.as_dict() for finding in findings],
        "near_duplicates": [{"held_out": train, "of": other} for train, other in facts.near_duplicates],
        "channel_mean": meta.mean,
        "channel_std": meta.std,
        "data_hash": meta.data_hash,
        "bytes": {
            "images": sum(path.stat().st_size for path in parts),
            "prepared": sum(path.stat().st_size for path in project.prepared.glob("part-*.arrow")),
        },
        **_pictures(facts.index, parts),
    }


def disclosed(report: Mapping[str, Any], disclosure: Disclosure) -> dict[str, Any]:
    """Return the report with no more of single images than `disclosure` allows. What was counted stays."""
    if disclosure.may_show_ids:
        return dict(report)
    checks = [{**check, "examples": []} for check in report.get("checks", [])]
    return {**report, "checks": checks, "near_duplicates": []}


def _groups(groups: pa.ChunkedArray) -> dict[str, int]:
    """Return how many groups there are, how many images have one, and how many the largest has."""
    sizes = pc.value_counts(groups.filter(pc.not_equal(groups, ""))).field("counts").to_pylist()
    return {"num_groups": len(sizes), "num_images": sum(sizes), "largest": max(sizes, default=0)}


def _pictures(index: pa.Table, parts: Sequence[Path]) -> dict[str, Any]:
    """Return modes, formats and the range of sizes of these images as they came, from the parts' small columns."""
    originals = read_originals(index, parts)
    sides = {"width": originals.width, "height": originals.height}
    sizes = {name: {"min": int(side.min()), "max": int(side.max())} for name, side in sides.items() if len(side)}
    return {"modes": _count(originals.mode), "formats": _count(originals.format), "sizes": sizes}


def _count(values: pa.Array) -> dict[str, int]:
    return {str(each["values"]): int(each["counts"]) for each in pc.value_counts(values.cast(pa.string())).to_pylist()}
