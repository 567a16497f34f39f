import hashlib
import json

import pytest

from winnow.changes.record import Duplicates
from winnow.changes.reports import compare_reports, current_report
from winnow.records import NotAvailable

A, B, C = (letter * 20 for letter in "abc")
LOCK = """
schema: '2.0'
stages:
  prepare:
    cmd: winnow prepare
    deps:
    - {{path: data/images, hash: md5, md5: {images}, size: 1, nfiles: 1}}
    - {{path: data/labels.csv, hash: md5, md5: {labels}, size: 1}}
    params:
      params.yaml:
        data: {{seed: 0}}
        project.disclose: ids
    outs:
    - {{path: data/prepared, hash: md5, md5: 1.dir, size: 1, nfiles: 1}}
    - {{path: reports/data.json, hash: md5, md5: {report}, size: 1}}
"""
HASHES = {"data/labels.csv": "f" * 32, "data/images": "2.dir"}
PARAMS = {"data": {"seed": 0}, "project": {"disclose": "ids"}}


def report(*findings: tuple[str, str], pairs: list[tuple[str, str]] | None = None, held_out: int | None = None) -> dict:
    pairs = pairs or []
    return {
        "schema": 1,
        "task": "single_label",
        "checks": [
            {"id": check, "severity": "warning", "message": message, "hint": "", "examples": [A]}
            for check, message in findings
        ],
        "near_duplicates": [{"held_out": one, "of": other} for one, other in pairs],
        "splits": {"held_out": len(pairs) if held_out is None else held_out},
    }


def bytes_of(content: dict) -> bytes:
    return json.dumps(content).encode()


def lock_for(content: bytes, **changes: str) -> bytes:
    hashes = {"images": "2.dir", "labels": "f" * 32, "report": hashlib.md5(content).hexdigest(), **changes}
    return LOCK.format(**hashes).encode()


def test_a_report_that_the_lock_knows_is_current() -> None:
    content = bytes_of(report(("D301", "one")))
    found = current_report(lock_for(content), content, PARAMS, HASHES, "main")
    assert found == report(("D301", "one"))


@pytest.mark.parametrize("changes", [{"labels": "e" * 32}, {"images": "4.dir"}, {"report": "d" * 32}])
def test_a_report_of_other_data_is_not(changes: dict[str, str]) -> None:
    content = bytes_of(report())
    found = current_report(lock_for(content, **changes), content, PARAMS, HASHES, "main")
    assert isinstance(found, NotAvailable)
    assert found.not_available.startswith("reports/data.json of main is not of its data: run `dvc repro prepare`")


@pytest.mark.parametrize(
    "params", [{"data": {"seed": 1}, "project": {"disclose": "ids"}}, {"data": {"seed": 0}}, {"data": 3}]
)
def test_a_report_made_with_other_parameters_is_not(params: dict[str, object]) -> None:
    content = bytes_of(report())
    assert isinstance(current_report(lock_for(content), content, params, HASHES, "main"), NotAvailable)


@pytest.mark.parametrize(
    ("lock", "content"),
    [
        (None, bytes_of(report())),
        (b"stages: {}", None),
        (b"stages: {}", bytes_of(report())),
        (b"<<<<<<< HEAD", bytes_of(report())),
        (lock_for(b"[]"), b"[]"),
        (lock_for(b"{}"), b"{}"),
        (lock_for(bytes_of({"schema": 1, "task": "single_label"})), bytes_of({"schema": 1, "task": "single_label"})),
    ],
)
def test_what_is_absent_or_unreadable_is_not(lock: bytes | None, content: bytes | None) -> None:
    assert isinstance(current_report(lock, content, PARAMS, HASHES, "main"), NotAvailable)


def test_findings_of_one_side_only_are_told_apart() -> None:
    before = report(("D201", "few"), ("D301", "1 of 9"), ("D103", "no val images of 'a'"))
    after = report(("D202", "90 of 'a', 3 of 'b'"), ("D301", "2 of 9"), ("D103", "no val images of 'a'"))
    found = compare_reports(before, after, max_examples=5)
    assert isinstance(found, Duplicates)
    assert [(each.id, each.status, each.message) for each in found.findings] == [
        ("D202", "new", "90 of 'a', 3 of 'b'"),
        ("D301", "changed", "2 of 9"),
        ("D201", "gone", "few"),
    ]


def test_near_duplicates_that_are_new_are_counted_and_a_few_are_named() -> None:
    before, after = report(pairs=[(A, B)]), report(pairs=[(A, B), (C, B), (B, C)])
    found = compare_reports(before, after, max_examples=1)
    assert isinstance(found, Duplicates)
    assert (found.held_out_before, found.held_out_after, found.num_new_pairs, found.pairs) == (1, 3, 2, [(B, C)])


def test_pairs_that_a_report_does_not_name_are_not_counted() -> None:
    found = compare_reports(report(held_out=1), report(held_out=4), max_examples=0)
    assert isinstance(found, Duplicates)
    assert (found.held_out_after, found.num_new_pairs, found.pairs) == (4, None, [])


def test_without_a_report_on_either_side_there_is_the_reason() -> None:
    gone = NotAvailable(not_available="reason")
    assert compare_reports(gone, report(), max_examples=5) is gone
    assert compare_reports(report(), gone, max_examples=5) is gone
