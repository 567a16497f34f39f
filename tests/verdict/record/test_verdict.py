import json
import math
from collections.abc import Callable
from typing import Any

import pytest
from sample_verdicts import better, first, metrics_only, worse

from winnow.errors import FormatError, InputError
from winnow.verdict.record.verdict import Verdict

MAKERS = [better, worse, metrics_only, first]


@pytest.mark.parametrize("make", MAKERS)
def test_what_is_written_is_what_is_read(make: Callable[[], Verdict]) -> None:
    text = json.dumps(make().as_dict(), allow_nan=False)
    assert Verdict.from_dict(json.loads(text), "verdict.json") == make()


@pytest.mark.parametrize(
    ("level", "result", "has_passed"),
    [
        ("required", "pass", True),
        ("required", "waived", True),
        ("required", "fail", False),
        ("required", "not available", False),
        ("advisory", "fail", True),
        ("advisory", "not available", True),
    ],
)
def test_a_required_gate_passes_when_it_is_kept_or_waived(level: str, result: str, has_passed: bool) -> None:
    gate = better().gates[0].model_copy(update={"level": level, "result": result})
    assert better(gates=[*better().gates[1:], gate]).has_passed is has_passed


def test_without_gates_nothing_fails() -> None:
    assert better(gates=[]).has_passed


@pytest.mark.parametrize(("key", "value"), [("schema", 2), ("schema", None), ("task", "multi_label")])
def test_another_format_is_refused(key: str, value: object) -> None:
    with pytest.raises(FormatError, match=rf"verdict\.json: expected {key}"):
        Verdict.from_dict({**better().as_dict(), key: value}, "verdict.json")


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"extra": 1}, "extra"),
        ({"gates": "none"}, "gates"),
        ({"disclose": "everything"}, "disclose"),
        ({"confidence": 1.5}, "confidence"),
        ({"project": "x" * 201}, "project"),
        ({"base": {"name": "main", "commit": "main", "source": "git"}}, r"base\.commit"),
        ({"outcome": {**better().outcome.model_dump(), "p": math.nan}}, r"outcome\.p"),
        ({"outcome": {**better().outcome.model_dump(), "call": "great"}}, r"outcome\.call"),
    ],
)
def test_a_verdict_of_foreign_code_is_checked_and_the_place_is_named(change: dict[str, Any], where: str) -> None:
    with pytest.raises(InputError, match=rf"^verdict\.json: {where}: "):
        Verdict.from_dict({**better().as_dict(), **change}, "verdict.json")


def test_a_missing_part_is_named() -> None:
    content = better().as_dict()
    del content["provenance"]
    with pytest.raises(InputError, match="provenance: Field required"):
        Verdict.from_dict(content, "verdict.json")
