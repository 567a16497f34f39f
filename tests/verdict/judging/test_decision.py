import numpy as np
import pytest
from scipy import stats

from winnow.stats.groups import Groups, independent
from winnow.stats.intervals import Interval
from winnow.stats.paired import exact_flip_p, paired_share_interval
from winnow.verdict.judging.decision import decide
from winnow.verdict.record.evidence import Call

RULES = {"alpha": 0.05, "margin": 0.01}


@pytest.mark.parametrize(
    ("difference", "p", "interval", "call", "is_within"),
    [
        (0.03, 0.001, Interval(0.01, 0.05), "better", False),
        (-0.03, 0.001, Interval(-0.05, -0.01), "worse", False),
        (0.004, 0.02, Interval(0.001, 0.007), "better", True),
        (0.001, 0.6, Interval(-0.004, 0.006), "equivalent", True),
        (0.004, 0.3, Interval(-0.004, 0.012), "inconclusive", False),
        (0.0, 1.0, Interval(-0.004, 0.01), "inconclusive", False),
        (0.03, 0.05, None, "better", False),
        (0.0, 1.0, None, "inconclusive", False),
    ],
)
def test_a_call_follows_from_p_then_from_the_interval(
    difference: float, p: float, interval: Interval | None, call: Call, *, is_within: bool
) -> None:
    decided = decide(difference=difference, interval=interval, p=p, direction="higher", **RULES)
    assert decided == (call, is_within)


def test_of_a_loss_less_is_better() -> None:
    interval = Interval(-0.05, -0.01)
    assert decide(difference=-0.03, interval=interval, p=0.001, direction="lower", **RULES)[0] == "better"
    assert decide(difference=0.03, interval=interval, p=0.001, direction="lower", **RULES)[0] == "worse"


def test_no_difference_is_never_called_one() -> None:
    """A drawn p may be small where the metric itself does not move."""
    assert decide(difference=0.0, interval=None, p=0.01, direction="higher", **RULES) == ("inconclusive", False)


def _call(differences: np.ndarray, groups: Groups, margin: float) -> Call:
    sums = np.rint(groups.sums(differences.astype(np.float64))).astype(np.int64)
    interval = paired_share_interval(differences, groups, 0.95)
    mean = float(differences.mean())
    return decide(
        difference=mean, interval=interval, p=exact_flip_p(sums), alpha=0.05, margin=margin, direction="higher"
    )[0]


def _error_rate(counts: np.ndarray, margin: float, wrong: set[str]) -> tuple[int, int]:
    """How many simulated pull requests got a wrong call; each table of (fixed, broken) is judged once."""
    tables, times = np.unique(counts, axis=0, return_counts=True)
    size, groups = int(counts[0].sum()), independent(int(counts[0].sum()))
    calls = [
        _call(np.repeat([1, -1, 0], [fixed, broken, size - fixed - broken]), groups, margin)
        for fixed, broken, _ in tables
    ]
    return int(times[[call in wrong for call in calls]].sum()), len(counts)


def _is_kept(errors: int, runs: int) -> bool:
    """Whether so many errors agree with a rate of at most alpha."""
    return bool(stats.binomtest(errors, runs, 0.05, alternative="greater").pvalue > 0.001)


@pytest.mark.slow
@pytest.mark.parametrize(("size", "disagreement"), [(500, 0.02), (500, 0.1), (2000, 0.05)])
def test_equal_models_are_called_a_change_in_at_most_alpha_of_the_cases(size: int, disagreement: float) -> None:
    counts = np.random.default_rng(0).multinomial(size, [disagreement / 2] * 2 + [1 - disagreement], size=4000)
    assert _is_kept(*_error_rate(counts, 0.01, {"better", "worse"}))
    # What a plain comparison of two numbers does.
    assert np.mean(counts[:, 0] != counts[:, 1]) > 0.8


@pytest.mark.slow
def test_models_that_differ_by_the_margin_are_called_equivalent_in_at_most_alpha_of_the_cases() -> None:
    counts = np.random.default_rng(1).multinomial(2000, [0.015, 0.005, 0.98], size=4000)
    errors, runs = _error_rate(counts, 0.01, {"equivalent"})
    assert _is_kept(errors, runs)
    assert _error_rate(counts, 0.02, {"equivalent"})[0] > errors, "a wider margin would show"
