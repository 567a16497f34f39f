import numpy as np
import pytest
from scipy import stats

from winnow.metrics.classification import Decisions
from winnow.stats.bootstrap import Resampling, percentile_interval, resampled_rows
from winnow.stats.groups import Groups, independent
from winnow.stats.intervals import (
    Interval,
    mean_interval,
    normal_quantile,
    score_bounds,
    share_interval,
    stratified_shares,
)


def _share(success: np.ndarray, groups: Groups) -> tuple[float, float]:
    shares = stratified_shares(success, np.zeros(len(success), dtype=np.int64), 1, groups, 0.95)
    return float(shares.low[0]), float(shares.high[0])


@pytest.mark.parametrize(("successes", "trials"), [(0, 12), (1, 10), (37, 50), (360, 360)])
def test_independent_samples_get_wilsons_interval(successes: int, trials: int) -> None:
    expected = stats.binomtest(successes, trials).proportion_ci(0.95, method="wilson")
    got = _share(np.arange(trials) < successes, independent(trials))
    assert got == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_each_stratum_is_judged_by_its_own_samples() -> None:
    success = np.array([True, True, False, True, False, True])
    strata = np.array([0, 0, 0, 2, 2, 2])
    shares = stratified_shares(success, strata, 3, independent(6), 0.9)
    expected = stats.binomtest(2, 3).proportion_ci(0.9, method="wilson")
    assert shares.value[[0, 2]].tolist() == [2 / 3, 2 / 3]
    assert shares.low[2] == pytest.approx(expected.low)
    assert np.isnan([shares.value[1], shares.low[1], shares.high[1]]).all()
    assert shares.size.tolist() == [3, 0, 3]


def test_tenfold_copies_in_groups_widen_no_less_than_the_originals() -> None:
    success = np.arange(40) % 5 > 0
    originals = _share(success, independent(40))
    copies = _share(np.repeat(success, 10), Groups(np.repeat(np.arange(40), 10), 40))
    assert copies == pytest.approx(originals, abs=0.01)
    pretended = _share(np.repeat(success, 10), independent(400))
    assert pretended[1] - pretended[0] < 0.5 * (copies[1] - copies[0])


def test_a_perfect_score_of_few_groups_counts_the_groups() -> None:
    groups = Groups(np.repeat(np.arange(10), 20), 10)
    low, high = _share(np.ones(200, dtype=bool), groups)
    expected = stats.binomtest(10, 10).proportion_ci(0.95, method="wilson")
    assert (low, high) == pytest.approx((expected.low, 1.0), abs=1e-9)


def test_one_group_of_several_samples_has_no_interval() -> None:
    assert np.isnan(_share(np.array([True, False, True]), Groups(np.zeros(3, dtype=np.int64), 1))).all()


def test_score_bounds_hold_what_they_promise_for_every_share() -> None:
    """Exactly: the sum of binomial probabilities whose interval covers the truth."""
    trials = np.full(61, 60.0)
    low, high = score_bounds(np.arange(61) / 60, trials, 0.95)
    truths = np.linspace(0.02, 0.98, 97)
    coverage = [stats.binom.pmf(np.arange(61), 60, p)[(low <= p) & (p <= high)].sum() for p in truths]
    assert np.mean(coverage) == pytest.approx(0.95, abs=0.01)
    assert min(coverage) > 0.89


def test_shares_of_repeating_groups_cover_the_truth_and_pretended_independence_does_not() -> None:
    generator = np.random.default_rng(3)
    groups = Groups(np.repeat(np.arange(40), 8), 40)
    covered = np.zeros(2)
    for _ in range(300):
        patient = generator.beta(1.8, 0.2, size=40)
        success = generator.random(320) < patient[groups.codes]
        for kind, assumed in enumerate((groups, independent(320))):
            low, high = _share(success, assumed)
            covered[kind] += low <= 0.9 <= high
    assert 0.91 <= covered[0] / 300 <= 0.985
    assert covered[1] / 300 < 0.8


def _draw_decisions(generator: np.random.Generator, recall: np.ndarray, num_samples: int) -> Decisions:
    """Mistakes of class k become class k + 1."""
    targets = generator.integers(len(recall), size=num_samples)
    wrong = generator.random(num_samples) > recall[targets]
    return Decisions(targets, np.where(wrong, (targets + 1) % len(recall), targets), len(recall))


def _interval(decisions: Decisions, metric: str) -> Interval | None:
    influence = getattr(decisions, f"{metric}_influence")()
    least = len(decisions.tested) ** 2 / np.sum(1 / decisions.support[decisions.tested])
    groups = independent(len(decisions.targets))
    return share_interval(getattr(decisions, metric), influence, groups, least_size=least, confidence=0.95)


@pytest.mark.parametrize("metric", ["balanced_accuracy", "macro_f1"])
def test_means_of_shares_cover_the_truth(metric: str) -> None:
    generator = np.random.default_rng(4)
    recall = np.array([0.7, 0.8, 0.95, 0.99])
    truth = getattr(_draw_decisions(generator, recall, 1_000_000), metric)
    intervals = [_interval(_draw_decisions(generator, recall, 200), metric) for _ in range(400)]
    covered = np.mean([low <= truth <= high for low, high in intervals])
    assert 0.92 <= covered <= 0.98


def test_near_perfection_the_score_interval_covers_where_the_percentile_bootstrap_does_not() -> None:
    generator = np.random.default_rng(5)
    covered = np.zeros(2)
    for _ in range(60):
        decisions = _draw_decisions(generator, np.full(10, 0.998), 360)
        draws = resampled_rows(independent(360), Resampling(200, 0, 0.95))
        values = [Decisions(decisions.targets[rows], decisions.predicted[rows], 10).balanced_accuracy for rows in draws]
        percentile = percentile_interval(np.array(values), 0.95) or (1.0, 1.0)
        for kind, (low, high) in enumerate((_interval(decisions, "balanced_accuracy"), percentile)):
            covered[kind] += low <= 0.998 <= high
    assert covered[0] / 60 > 0.92
    assert covered[1] / 60 < 0.65


def test_a_perfect_mean_of_shares_is_not_certain() -> None:
    decisions = Decisions(np.repeat(np.arange(4), 5), np.repeat(np.arange(4), 5), 4)
    low, high = _interval(decisions, "balanced_accuracy")
    assert (low, high) == pytest.approx((stats.binomtest(20, 20).proportion_ci(method="wilson").low, 1.0))


def test_with_one_group_means_have_no_interval() -> None:
    one = Groups(np.zeros(4, dtype=np.int64), 1)
    assert share_interval(0.5, np.ones(4), one, least_size=4, confidence=0.95) is None
    assert mean_interval(np.ones(4), one, 0.95) is None


@pytest.mark.parametrize("num_members", [1, 6])
def test_means_of_skewed_scores_cover_the_truth(num_members: int) -> None:
    generator = np.random.default_rng(6)
    groups = Groups(np.repeat(np.arange(80), num_members), 80)
    covered = 0
    for _ in range(400):
        values = generator.gamma(1.0, size=80)[groups.codes] * generator.gamma(2.0, size=len(groups.codes)) / 2
        low, high = mean_interval(values, groups, 0.95)
        assert 0 < low < values.mean() < high
        covered += low <= 1.0 <= high
    assert 0.90 <= covered / 400 <= 0.98


def test_a_mean_of_zero_is_its_own_interval() -> None:
    assert mean_interval(np.zeros(5), independent(5), 0.95) == (0.0, 0.0)


def test_the_normal_quantile_is_the_tables() -> None:
    assert normal_quantile(0.95) == pytest.approx(1.959964, abs=1e-6)
