"""`inv bench serving`: what its rounds come to, and the interval of it."""

from types import ModuleType
from typing import Any

import pytest

from winnow.load_test.answers import Answer


def answers(num_good: int, *, latency_ms: float = 10.0, num_refused: int = 0, num_failed: int = 0) -> list[Answer]:
    statuses = [200] * num_good + [503] * num_refused + [0] * num_failed
    return [Answer(1.0, 1.0, 1.0 + latency_ms / 1000, status, "cat.png") for status in statuses]


@pytest.fixture
def make(rounds: ModuleType) -> Any:
    """Rounds of a service whose p99 at each rate was so many milliseconds, round by round."""

    def make(by_rate: dict[float, list[float]]) -> Any:
        probes = {
            rate: [rounds.Probe.of(answers(9, latency_ms=each)) for each in p99_ms] for rate, p99_ms in by_rate.items()
        }
        return rounds.Rounds(at_rate=probes)

    return make


@pytest.mark.parametrize(
    ("seen", "badness"),
    [
        (answers(100, latency_ms=50), 0.5),
        (answers(98, num_refused=2), 2.0),
        (answers(199, latency_ms=70, num_refused=1), 0.7),
        (answers(99, num_failed=1), float("inf")),
        (answers(0, num_refused=9), float("inf")),
    ],
)
def test_a_rate_is_as_bad_as_the_limit_that_it_is_nearest_to(
    rounds: ModuleType, seen: list[Answer], badness: float
) -> None:
    assert rounds.Probe.of(seen).badness == pytest.approx(badness)


@pytest.mark.parametrize(
    ("by_rate", "best_per_s"),
    [
        ({4.0: [20], 10.0: [60], 20.0: [140]}, 15.0),
        ({4.0: [20], 10.0: [60], 20.0: [80]}, 20.0),
        ({4.0: [120], 10.0: [130]}, 0.0),
        ({4.0: [20], 10.0: [50, 50, 999], 20.0: [150, 150, 50]}, 15.0),
    ],
)
def test_the_rate_that_is_just_kept_lies_between_the_last_that_was_and_the_next(
    make: Any, by_rate: dict[float, list[float]], best_per_s: float
) -> None:
    assert make(by_rate).best_per_s() == pytest.approx(best_per_s)


def test_rounds_that_agree_leave_no_doubt_and_others_do(rounds: ModuleType, make: Any) -> None:
    sure = make({4.0: [20] * 6, 10.0: [60] * 6, 20.0: [140] * 6})
    unsure = make({4.0: [20] * 6, 10.0: [60] * 6, 20.0: [110, 120, 130, 150, 160, 170]})
    ends = [rounds.interval(each.best_per_s, 6) for each in (sure, unsure)]
    assert ends[0] == pytest.approx((15.0, 15.0))
    assert ends[1][0] < 14.5
    assert ends[1][1] > 15.5


def test_a_rate_that_was_given_up_counts_with_the_rounds_it_has(make: Any) -> None:
    seen = make({4.0: [20] * 6, 10.0: [60] * 6, 20.0: [300, 300]})
    assert seen.best_per_s((3, 4, 5, 3, 4, 5)) == seen.best_per_s()
