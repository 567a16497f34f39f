import json
from pathlib import Path

import pyarrow as pa
import pytest

from winnow.checks.facts import Facts
from winnow.checks.findings import Finding
from winnow.checks.report import describe, disclosed
from winnow.data.parts import ImageRecord, PartWriter, part_name
from winnow.data.prepared import PreparedMeta
from winnow.disclosure import Disclosure
from winnow.project import Project
from winnow.transforms.spec import PreprocessSpec

SPEC = PreprocessSpec(
    size=8, channels=1, fit="stretch", resample="nearest", alpha="composite", background=[255, 255, 255]
)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    project.images.mkdir(parents=True)
    project.prepared.mkdir(parents=True)
    return project


@pytest.fixture
def part(project: Project) -> Path:
    pictures = [("L", "PNG", 10, 20), ("RGB", "JPEG", 30, 5), ("L", "PNG", 7, 7), ("P", "GIF", 900, 900)]
    with PartWriter(folder=project.images, part_size_bytes=10**6) as writer:
        for at, (mode, kind, width, height) in enumerate(pictures):
            writer.add(ImageRecord(f"{at:020x}", b"bytes", kind, mode, width, height))
    return writer.parts[0]


def test_the_report_counts_what_is_labelled_and_says_what_it_looks_like(project: Project, part: Path) -> None:
    rows = [
        {"id": f"{at:020x}", "label": label, "group": group, "split": split, "part": part_name(part), "row": at}
        for at, (label, group, split) in enumerate([("oak", "a", "train"), ("ash", "a", "train"), ("oak", "", "test")])
    ]
    (project.prepared / "part-x.arrow").write_bytes(b"12345")
    facts = Facts(pa.Table.from_pylist(rows), num_unlabelled=1, near_duplicates=[("a", "b")])
    meta = PreparedMeta(SPEC, [0.5], [0.25], ["ash", "oak"], "ab" * 32)
    report = describe(project, facts, [Finding("D901", "info", "m", "h")], meta, [part])
    assert report == {
        "num_images": 4,
        "num_labelled": 3,
        "num_unlabelled": 1,
        "num_classes": 2,
        "classes": {
            "ash": {"train": 1, "val": 0, "test": 0, "vault": 0, "held_out": 0},
            "oak": {"train": 1, "val": 0, "test": 1, "vault": 0, "held_out": 0},
        },
        "splits": {"train": 2, "val": 0, "test": 1, "vault": 0, "held_out": 0},
        "groups": {"num_groups": 1, "num_images": 2, "largest": 2},
        "checks": [{"id": "D901", "severity": "info", "message": "m", "hint": "h", "examples": []}],
        "near_duplicates": [{"held_out": "a", "of": "b"}],
        "channel_mean": [0.5],
        "channel_std": [0.25],
        "data_hash": "ab" * 32,
        "bytes": {"images": part.stat().st_size, "prepared": 5},
        "modes": {"L": 2, "RGB": 1},
        "formats": {"PNG": 2, "JPEG": 1},
        "sizes": {"width": {"min": 7, "max": 30}, "height": {"min": 5, "max": 20}},
    }
    assert json.dumps(report), "it is plain data"


def test_single_images_leave_the_report_where_they_may_not_be_shown() -> None:
    report = {
        "num_images": 4,
        "checks": [{"id": "D901", "examples": [{"ids": ["a"]}]}],
        "near_duplicates": [{"of": "a"}],
    }
    assert disclosed(report, Disclosure("ids")) == disclosed(report, Disclosure("pictures")) == report
    assert disclosed(report, Disclosure("aggregate")) == {
        "num_images": 4,
        "checks": [{"id": "D901", "examples": []}],
        "near_duplicates": [],
    }
