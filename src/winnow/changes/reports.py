"""`reports/data.json` of a revision: whether it belongs to that revision's data, and what only one side's says."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from winnow.changes.record import Duplicates, Finding
from winnow.errors import InputError
from winnow.records import NotAvailable
from winnow.repository.dvc import load_yaml, md5_bytes
from winnow.schema import require_stamp

_STAGE = "prepare"
_REPORT = "reports/data.json"
_KEYS = ("checks", "near_duplicates", "splits")

Pair = tuple[str, str]


def current_report(
    lock: bytes | None, report: bytes | None, params: Mapping[str, Any], hashes: Mapping[str, str], name: str
) -> dict[str, Any] | NotAvailable:
    """Return the report when `dvc.lock` says that it was made from this data with these parameters.

    `hashes` are the MD5s of the stage's data by path. The code is not compared: an old check's answer is an answer.
    """
    if lock is None or report is None:
        return _stale(name)
    try:
        stage = load_yaml(lock, f"{name}: dvc.lock")["stages"][_STAGE]
        recorded = {entry["path"]: entry["md5"] for entry in [*stage["deps"], *stage["outs"]] if "md5" in entry}
        used = stage["params"]["params.yaml"]
        content: dict[str, Any] = json.loads(report)
        require_stamp(content, f"{name}: {_REPORT}")
    except (AttributeError, InputError, KeyError, TypeError, ValueError):
        return _stale(name)
    made = {**hashes, _REPORT: md5_bytes(report)}
    is_same_data = all(recorded.get(path) == md5 for path, md5 in made.items())
    is_same_way = all(_at(params, key) == value for key, value in used.items())
    has_all = all(key in content for key in _KEYS)
    return content if is_same_data and is_same_way and has_all else _stale(name)


def compare_reports(
    before: dict[str, Any] | NotAvailable, after: dict[str, Any] | NotAvailable, *, max_examples: int
) -> Duplicates | NotAvailable:
    """Return the findings and near duplicates that only one of two reports has."""
    if isinstance(after, NotAvailable):
        return after
    if isinstance(before, NotAvailable):
        return before
    pairs_before, pairs_after = _pairs(before), _pairs(after)
    new = None if pairs_before is None or pairs_after is None else sorted(pairs_after - pairs_before)
    return Duplicates(
        findings=_compare_findings(before["checks"], after["checks"]),
        held_out_before=before["splits"]["held_out"],
        held_out_after=after["splits"]["held_out"],
        num_new_pairs=None if new is None else len(new),
        pairs=(new or [])[:max_examples],
    )


def _compare_findings(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> list[Finding]:
    said_before, said_after = ({(each["id"], each["message"]) for each in side} for side in (before, after))
    ids_before, ids_after = ({check for check, _ in said} for said in (said_before, said_after))
    found = [
        _finding(each, "changed" if each["id"] in ids_before else "new")
        for each in after
        if (each["id"], each["message"]) not in said_before
    ]
    return found + [_finding(each, "gone") for each in before if each["id"] not in ids_after]


def _finding(content: Mapping[str, Any], status: str) -> Finding:
    return Finding.model_validate({**{key: content[key] for key in ("id", "severity", "message")}, "status": status})


def _pairs(report: Mapping[str, Any]) -> set[Pair] | None:
    """Return the near duplicates; None where the report counts them and, under `disclose: aggregate`, names none."""
    pairs = {(pair["held_out"], pair["of"]) for pair in report["near_duplicates"]}
    return pairs if len({held_out for held_out, _ in pairs}) == report["splits"]["held_out"] else None


def _stale(name: str) -> NotAvailable:
    return NotAvailable(not_available=f"{_REPORT} of {name} is not of its data: run `dvc repro prepare` and commit it")


def _at(params: Mapping[str, Any], dotted: str) -> Any:
    place: Any = params
    for key in dotted.split("."):
        place = place.get(key) if isinstance(place, Mapping) else None
    return place
