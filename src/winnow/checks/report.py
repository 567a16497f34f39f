"""`reports/data.json`: what the data set holds and what the checks found."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from winnow.checks.facts import Facts
from winnow.checks.findings import Finding
from winnow.data.parts import part_name, read_part
from winnow.data.prepared import SPLITS, PreparedMeta
from winnow.project import Project

_COLUMNS = ["mode", "format", "width", "height"]


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


def _groups(groups: pa.ChunkedArray) -> dict[str, int]:
    """Return how many groups there are, how many images have one, and how many the largest has."""
    sizes = pc.value_counts(groups.filter(pc.not_equal(groups, ""))).field("counts").to_pylist()
    return {"num_groups": len(sizes), "num_images": sum(sizes), "largest": max(sizes, default=0)}


def _pictures(index: pa.Table, parts: Sequence[Path]) -> dict[str, Any]:
    """Return modes, formats and the range of sizes of these images as they came, from the parts' small columns."""
    modes: Counter[str] = Counter()
    formats: Counter[str] = Counter()
    sides: dict[str, list[int]] = {"width": [], "height": []}
    for part in parts:
        rows = index.filter(pc.equal(index["part"], part_name(part)))["row"]
        columns = pa.Table.from_batches(batch.select(_COLUMNS) for batch in read_part(part)).take(rows)
        modes.update(columns["mode"].to_pylist())
        formats.update(columns["format"].to_pylist())
        for name, values in sides.items():
            values.extend(pc.unique(columns[name]).to_pylist())
    sizes = {name: {"min": min(values), "max": max(values)} for name, values in sides.items() if values}
    return {"modes": dict(modes), "formats": dict(formats), "sizes": sizes}
