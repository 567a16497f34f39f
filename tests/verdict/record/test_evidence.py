import math
from typing import Any

import pytest
from pydantic import ValidationError
from sample_verdicts import better

from winnow.records import NotAvailable
from winnow.verdict.record.evidence import MAX_FLIPS, Bin, Estimate, Flip, Flips, Paired

FLIP = {"id": "a", "label": "", "base": "", "head": "", "base_confidence": 0.5, "head_confidence": 1.0}


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_no_number_is_infinite_or_none_at_all(number: float) -> None:
    with pytest.raises(ValidationError, match="finite number"):
        Estimate(value=number, low=None, high=None)
    with pytest.raises(ValidationError, match="finite number"):
        Estimate(value=0.0, low=0.0, high=number)


@pytest.mark.parametrize(("key", "value"), [("count", -1), ("count", 2**63), ("accuracy", 1.1), ("confidence", -0.1)])
def test_counts_and_shares_stay_in_their_range(key: str, value: float) -> None:
    right: dict[str, Any] = {"confidence": 1.0, "accuracy": 0.0, "count": 0}
    assert Bin(**right).count == 0
    with pytest.raises(ValidationError, match=key):
        Bin(**{**right, key: value})


def test_an_image_has_an_id_and_not_a_novel() -> None:
    for name in ("", "x" * 201):
        with pytest.raises(ValidationError, match="id"):
            Flip(**{**FLIP, "id": name})


def test_only_so_many_flips_are_held() -> None:
    flips = [Flip(**FLIP)] * MAX_FLIPS
    assert len(Flips(fixed=flips, broken=[]).fixed) == MAX_FLIPS
    with pytest.raises(ValidationError, match="at most"):
        Flips(fixed=[], broken=[*flips, flips[0]])


def test_a_part_is_known_or_not_and_never_taken_for_the_other() -> None:
    verdict = better()
    assert isinstance(verdict.paired, Paired)
    content = verdict.model_dump()
    content["paired"] = {"not_available": "nobody knows"}
    assert type(verdict).model_validate(content).paired == NotAvailable(not_available="nobody knows")
    content["paired"] = {"not_available": "nobody knows", "fixed": 3}
    with pytest.raises(ValidationError):
        type(verdict).model_validate(content)


def test_records_do_not_change_afterwards() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        better().outcome.call = "worse"
