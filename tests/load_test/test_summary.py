import pytest

from winnow.load_test.answers import Answer
from winnow.load_test.plan import Plan
from winnow.load_test.summary import Latency, summarize

PLAN = Plan("http://127.0.0.1", rate_per_s=10, duration_s=10, warm_up_s=1)


def answer(due_s: float, latency_ms: float, status: int = 200, error: str = "") -> Answer:
    return Answer(due_s, due_s, due_s + latency_ms / 1000, status, "x", error)


def test_percentiles_are_latencies_that_somebody_had() -> None:
    assert Latency.of([float(value) for value in range(1, 101)]) == Latency(50, 95, 99, 100)
    assert Latency.of([7.0]) == Latency(7, 7, 7, 7)
    assert Latency.of([]) is None


def test_refusals_and_errors_are_counted_apart_and_their_speed_flatters_nobody() -> None:
    answers = [answer(2, 40), answer(3, 60), answer(4, 1, 503), answer(5, 2, 500), answer(6, 900, 0, "timeout")]
    found = summarize(answers, PLAN)
    assert (found.num_asked, found.num_answered, found.num_refused, found.num_errors) == (5, 2, 1, 2)
    assert found.latency is not None
    assert found.latency.max_ms == pytest.approx(60)
    assert found.refusal is not None
    assert found.refusal.p50_ms == pytest.approx(1)
    assert (found.error_fraction, found.refused_fraction) == (0.4, 0.2)
    assert found.statuses == {"200": 2, "500": 1, "503": 1, "none": 1}
    assert found.errors == {"timeout": 1}


def test_the_warm_up_does_not_count() -> None:
    found = summarize([answer(0.5, 9000), answer(1.0, 10), answer(11.5, 9000)], PLAN)
    assert (found.num_asked, found.answered_per_s) == (1, 0.1)


def test_what_a_client_was_late_is_told() -> None:
    assert summarize([Answer(2, 2.5, 3, 200, "x")], PLAN).client_late_p99_ms == 500


def test_nothing_asked_is_no_error() -> None:
    found = summarize([], PLAN)
    assert (found.num_asked, found.latency, found.error_fraction, found.refused_fraction) == (0, None, 0, 0)
