from dataclasses import replace

import pytest

from winnow.errors import UsageError
from winnow.load_test.limits import Limits, require_possible
from winnow.load_test.summary import Latency, Summary

SEEN = Summary(
    num_asked=1000,
    num_answered=890,
    num_refused=100,
    num_errors=10,
    asked_per_s=100,
    answered_per_s=89,
    latency=Latency(10, 20, 40, 80),
    refusal=Latency(1, 2, 3, 4),
    client_late_p99_ms=0.5,
    statuses={},
    errors={},
)
KEPT = Limits(max_p95_ms=20, max_p99_ms=40, max_error_fraction=0.01, max_refused_fraction=0.1, min_answered_per_s=89)


def test_limits_that_are_just_kept_are_kept() -> None:
    assert KEPT.broken(SEEN) == []


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"max_p95_ms": 19.9}, "p95"),
        ({"max_p99_ms": 39.9}, "p99"),
        ({"max_error_fraction": 0.009}, "errors"),
        ({"max_refused_fraction": 0.09}, "refused"),
        ({"min_answered_per_s": 90}, "answers"),
    ],
)
def test_each_limit_can_be_broken(change: dict[str, float], name: str) -> None:
    (sentence,) = replace(KEPT, **change).broken(SEEN)
    assert sentence.startswith(f"{name}: expected at")


def test_an_error_breaks_the_default_and_a_refusal_does_not() -> None:
    assert len(Limits().broken(SEEN)) == 1
    assert Limits().broken(replace(SEEN, num_errors=0)) == []


def test_nothing_answered_is_never_good_enough() -> None:
    assert Limits().broken(replace(SEEN, num_answered=0, num_errors=0, latency=None)) == [
        "none of 1000 requests was answered"
    ]


@pytest.mark.parametrize("wrong", [{"max_p95_ms": -1}, {"max_error_fraction": 1.1}, {"max_p99_ms": float("nan")}])
def test_what_can_be_no_limit_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="expected --max-"):
        require_possible(replace(KEPT, **wrong))
    assert require_possible(KEPT) is KEPT
