"""The stamp on every file between the steps."""

from typing import Any

import pytest

from winnow.errors import FormatError
from winnow.schema import SCHEMA, TASK, require_stamp, stamp


def test_a_stamped_file_is_accepted() -> None:
    require_stamp(stamp({"accuracy": 1.0}), "metrics.json")


def test_a_stamp_keeps_the_content() -> None:
    assert stamp({"accuracy": 0.5}) == {"schema": SCHEMA, "task": TASK, "accuracy": 0.5}


def test_string_metadata_is_accepted_for_arrow_and_safetensors_hold_only_strings() -> None:
    require_stamp({"schema": str(SCHEMA), "task": TASK}, "part.arrow")


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ({}, "schema"),
        ({"schema": 2, "task": TASK}, "schema 1, got 2"),
        ({"schema": SCHEMA}, "task"),
        ({"schema": SCHEMA, "task": "multi_label"}, "'multi_label'"),
    ],
)
def test_another_schema_or_task_is_refused_by_name(content: dict[str, Any], named: str) -> None:
    with pytest.raises(FormatError, match=named) as refusal:
        require_stamp(content, "metrics.json")
    assert str(refusal.value).startswith("metrics.json: ")
    assert refusal.value.hint
