import json
from collections.abc import Callable

import pytest

from winnow.changes.record import DataDiff, Images, Parts
from winnow.errors import FormatError, InputError
from winnow.records import NotAvailable

MakeRecord = Callable[..., DataDiff]


def test_a_record_survives_json(make_record: MakeRecord) -> None:
    record = make_record(added=Images(count=1, examples=["a" * 20]), parts=NotAvailable(not_available="no remote"))
    content = json.loads(json.dumps(record.as_dict()))
    assert (content["schema"], content["task"]) == (1, "single_label")
    assert DataDiff.from_dict(content, "diff.json") == record


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"added": {"count": 1, "examples": ["<img src=x>"]}}, "added.examples.0: String should match"),
        ({"added": {"count": -1, "examples": []}}, "added.count: Input should be greater"),
        ({"commit": "HEAD"}, "commit: String should match"),
        ({"more": 1}, "more: Extra inputs"),
        ({"settings": [{"key": "<b>", "before": 0, "after": 1}]}, "settings.0.key: Input should be 'seed'"),
    ],
)
def test_a_record_from_elsewhere_holds_what_it_should_or_is_refused(
    make_record: MakeRecord, change: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=f"diff.json: {message}"):
        DataDiff.from_dict({**make_record().as_dict(), **change}, "diff.json")


def test_another_schema_is_refused_by_name(make_record: MakeRecord) -> None:
    with pytest.raises(FormatError, match=r"diff\.json: expected schema 1, got 2"):
        DataDiff.from_dict({**make_record().as_dict(), "schema": 2}, "diff.json")


def test_a_record_without_changes_says_so(make_record: MakeRecord) -> None:
    assert make_record().is_empty
    assert not make_record(repinned=Images(count=1, examples=[])).is_empty


def test_other_parts_are_a_change_and_unknown_ones_too(make_record: MakeRecord) -> None:
    parts = Parts(added=["part-a.arrow"], removed=[], num_kept=1, added_bytes=None, removed_bytes=0)
    assert not make_record(parts=parts).is_empty
    assert make_record(parts=NotAvailable(not_available="no remote")).is_repacked
