import time
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from winnow.stats.groups import Groups, independent
from winnow.stats.intervals import Interval
from winnow.stats.paired import (
    exact_flip_p,
    mean_difference_interval,
    paired_share_interval,
    sampled_flip_p,
    stratified_paired_shares,
)

AIRWAYS = (1, 7, 21)
"""Better after, better before, patients: Bentur et al. (2009), in Fagerland, Lydersen & Laake, Statist. Med.
33 (2014) 2850."""
APPROVAL = (86, 150, 1600)
"""Of the prime minister, in two polls of the same voters: Agresti, "Categorical Data Analysis" (2nd ed.) 10.1.1."""


def _differences(fixed: int, broken: int, size: int) -> np.ndarray:
    return np.repeat([1, -1, 0], [fixed, broken, size - fixed - broken])


def _interval(fixed: int, broken: int, size: int, confidence: float = 0.95) -> Interval:
    interval = paired_share_interval(_differences(fixed, broken, size), independent(size), confidence)
    assert interval is not None
    return interval


def _all_flips(sums: list[int]) -> float:
    """The p value by writing out all 2^G signs."""
    totals = [abs(sum(sign * value for sign, value in zip(signs, sums, strict=True))) for signs in _signs(len(sums))]
    return float(np.mean(np.array(totals) >= abs(sum(sums))))


def _signs(count: int) -> list[tuple[int, ...]]:
    return list(product((-1, 1), repeat=count))


flips = st.lists(st.integers(-1, 1), min_size=2, max_size=40)
sums_of_groups = st.lists(st.integers(-6, 6), min_size=1, max_size=9)


@pytest.mark.parametrize(("fixed", "broken"), [(0, 0), (1, 0), (5, 5), (2, 9), (86, 150), (0, 70), (900, 700)])
def test_single_images_get_the_exact_test_of_mcnemar(fixed: int, broken: int) -> None:
    expected = stats.binomtest(fixed, fixed + broken).pvalue if fixed + broken else 1.0
    assert exact_flip_p(_differences(fixed, broken, 2000)) == pytest.approx(expected, rel=1e-9)


def test_published_p_values() -> None:
    fixed, broken, size = AIRWAYS
    # Their table III.
    assert exact_flip_p(_differences(fixed, broken, size)) == pytest.approx(0.0703, abs=5e-5)
    # As statsmodels.stats.contingency_tables.mcnemar(exact=True) defines it.
    fixed, broken, size = APPROVAL
    expected = min(1, 2 * stats.binom.cdf(min(fixed, broken), fixed + broken, 0.5))
    assert exact_flip_p(_differences(fixed, broken, size)) == pytest.approx(expected, rel=1e-9)


@settings(max_examples=60, deadline=None)
@given(sums_of_groups)
def test_flipping_groups_counts_all_signs(sums: list[int]) -> None:
    assert exact_flip_p(np.array(sums)) == pytest.approx(_all_flips(sums), abs=1e-12)
    assert exact_flip_p(-np.array(sums)) == exact_flip_p(np.array(sums))
    assert exact_flip_p(np.array(sums)[::-1]) == exact_flip_p(np.array(sums))


def test_a_tiny_p_keeps_its_digits() -> None:
    """All groups on one side: two of the 2^G signs are as far."""
    assert exact_flip_p(np.array([3, 1, 2, 2, 1] * 40)) == pytest.approx(2.0**-199, rel=1e-9)


def test_thousands_of_moved_groups_take_no_time() -> None:
    sums = np.random.default_rng(0).integers(-5, 6, size=3000)
    start = time.perf_counter()
    p = exact_flip_p(sums)
    assert time.perf_counter() - start < 1.0
    normal = 2 * stats.norm.sf((abs(sums.sum()) - 0.5) / np.sqrt(np.sum(sums**2)))
    assert p == pytest.approx(normal, rel=0.01)


def test_drawn_flips_agree_with_all_flips() -> None:
    sums = np.array([3, 1, 1, 2, -1, 4, 1, -2, 2, 1, 1])
    drawn = sampled_flip_p(sums.astype(np.float64), num_samples=20_000, seed=0)
    assert drawn == pytest.approx(exact_flip_p(sums), abs=0.01)
    assert drawn == sampled_flip_p(0.1 * sums, num_samples=20_000, seed=0), "equal totals, whatever the rounding"


def test_drawn_flips_are_never_certain_and_depend_on_the_seed_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    sums = np.random.default_rng(1).normal(1.0, 0.1, size=50)
    assert sampled_flip_p(sums, num_samples=99, seed=0) == 0.01
    assert sampled_flip_p(np.zeros(5), num_samples=99, seed=0) == 1.0
    mixed = sums - 0.9
    once = sampled_flip_p(mixed, num_samples=500, seed=7)
    monkeypatch.setattr("winnow.stats.paired._CHUNK_CELLS", 333)
    assert sampled_flip_p(mixed, num_samples=500, seed=7) == pytest.approx(once, abs=0.05)


def test_published_interval_of_bonett_and_price() -> None:
    fixed, broken, size = AIRWAYS
    # Table V of Fagerland et al.: -0.508 to -0.013.
    assert _interval(fixed, broken, size) == pytest.approx((-0.508, -0.013), abs=5e-4)


def test_published_wald_interval() -> None:
    fixed, broken, size = APPROVAL
    differences = _differences(fixed, broken, size).astype(np.float64)
    wald = mean_difference_interval(differences, independent(size), 0.95, pseudo_weight=0.0)
    # Agresti: -0.04 +- 1.96 (0.0095) = (-0.06, -0.02).
    assert wald == pytest.approx((-0.04 - 1.96 * 0.0095, -0.04 + 1.96 * 0.0095), abs=2e-4)


def test_an_interval_is_the_formula_of_the_paper() -> None:
    fixed, broken, size = 14, 31, 480
    up, down = (fixed + 1) / (size + 2), (broken + 1) / (size + 2)
    reach = stats.norm.ppf(0.995) * np.sqrt((up + down - (up - down) ** 2) / (size + 2))
    assert _interval(fixed, broken, size, 0.99) == pytest.approx((up - down - reach, up - down + reach), abs=1e-9)


def test_continuous_differences_get_students_interval_over_whole_groups() -> None:
    values = np.random.default_rng(2).normal(size=12)
    tenfold = np.repeat(values, 10)
    got = mean_difference_interval(tenfold, Groups(np.repeat(np.arange(12), 10), 12), 0.95, pseudo_weight=0.0)
    assert got == pytest.approx(stats.ttest_1samp(values, 0).confidence_interval(0.95), abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(flips, st.integers(1, 4), st.randoms(use_true_random=False))
def test_swapped_sides_mirror_everything_and_order_is_nothing(
    values: list[int], num_members: int, random: object
) -> None:
    differences = np.array(values)
    groups = Groups(np.arange(len(values)) // num_members, -(-len(values) // num_members))
    order = np.arange(len(values))
    random.shuffle(order)  # type: ignore[attr-defined]
    interval = paired_share_interval(differences, groups, 0.95)
    mirrored = paired_share_interval(-differences, groups, 0.95)
    shuffled = paired_share_interval(differences[order], Groups(groups.codes[order], groups.count), 0.95)
    if interval is None:
        assert groups.count < 2
        assert mirrored is None
        return
    assert mirrored == pytest.approx((-interval.high, -interval.low))
    assert shuffled == pytest.approx(interval)
    assert -1 <= interval.low <= differences.mean() <= interval.high <= 1


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 20))
def test_more_disagreement_never_narrows(fixed: int, broken: int, further: int) -> None:
    low, high = _interval(fixed, broken, 200)
    wider_low, wider_high = _interval(fixed + further, broken + further, 200)
    assert wider_high - wider_low >= high - low - 1e-12
    assert exact_flip_p(_differences(fixed + further, broken + further, 200)) >= exact_flip_p(
        _differences(fixed, broken, 200)
    ) * (1 - 1e-9)


def test_no_disagreement_is_not_certainty() -> None:
    low, high = _interval(0, 0, 300)
    assert 0.005 < high == -low < 0.012
    grouped = paired_share_interval(np.zeros(300, dtype=np.int64), Groups(np.repeat(np.arange(30), 10), 30), 0.95)
    assert grouped is not None
    assert grouped.high > 5 * high, "thirty patients are thirty witnesses"


def test_copies_of_an_image_in_its_group_add_no_certainty() -> None:
    differences = _differences(60, 40, 1000)
    groups = Groups(np.repeat(np.arange(1000), 5), 1000)
    once = paired_share_interval(differences, independent(1000), 0.95)
    copies = paired_share_interval(np.repeat(differences, 5), groups, 0.95)
    assert copies == pytest.approx(once, abs=3e-4)
    sums = groups.sums(np.repeat(differences, 5).astype(np.float64)).astype(np.int64)
    assert exact_flip_p(sums) == pytest.approx(exact_flip_p(differences), rel=1e-9)


def test_one_group_is_no_evidence() -> None:
    one = Groups(np.zeros(20, dtype=np.int64), 1)
    assert paired_share_interval(np.ones(20, dtype=np.int64), one, 0.95) is None
    assert mean_difference_interval(np.ones(20), one, 0.95, pseudo_weight=0.0) is None
    assert exact_flip_p(np.array([20])) == 1.0
    strata = np.zeros(20, dtype=np.int64)
    shares = stratified_paired_shares(np.ones(20, dtype=np.int64), strata, 1, one, 0.95)
    assert np.isnan([shares.low[0], shares.high[0]]).all()
    assert shares.p[0] == 1.0


@pytest.mark.parametrize("num_members", [1, 4])
def test_each_stratum_is_judged_as_if_it_stood_alone(num_members: int) -> None:
    generator = np.random.default_rng(3)
    differences = generator.choice([-1, 0, 1], p=[0.2, 0.5, 0.3], size=400)
    strata = generator.integers(7, size=400)
    strata[strata == 5] = 6
    groups = Groups(np.arange(400) // num_members, 400 // num_members)
    shares = stratified_paired_shares(differences, strata, 7, groups, 0.9)
    for stratum in (0, 1, 2, 3, 4, 6):
        rows = strata == stratum
        part = groups.of(rows)
        alone = paired_share_interval(differences[rows], part, 0.9)
        assert (shares.low[stratum], shares.high[stratum]) == pytest.approx(alone)
        sums = np.rint(part.sums(differences[rows].astype(np.float64))).astype(np.int64)
        assert shares.p[stratum] == pytest.approx(exact_flip_p(sums))
        assert shares.value[stratum] == pytest.approx(differences[rows].mean())
        assert (shares.size[stratum], shares.num_groups[stratum]) == (rows.sum(), part.count)
    assert shares.size[5] == 0
    assert np.isnan([shares.value[5], shares.low[5], shares.high[5]]).all()
    assert shares.p[5] == 1.0


def test_a_thousand_classes_at_once() -> None:
    generator = np.random.default_rng(4)
    differences = generator.choice([-1, 0, 1], p=[0.05, 0.9, 0.05], size=10_000)
    strata = generator.integers(1000, size=10_000)
    start = time.perf_counter()
    shares = stratified_paired_shares(differences, strata, 1000, Groups(np.arange(10_000) // 3, 3334), 0.95)
    assert time.perf_counter() - start < 1.0
    assert (np.isfinite(shares.low) == (shares.num_groups > 1)).all()


def _coverage(fixed: float, broken: float, size: int) -> float:
    """The exact probability that the interval holds the truth: summed over all counts that can reasonably occur."""
    counts = [np.arange(max(0, int(size * share - 40)), int(size * share + 45)) for share in (fixed, broken)]
    up, down = (grid.ravel() for grid in np.meshgrid(*counts, indexing="ij"))
    weight = stats.binom.pmf(up, size, fixed) * stats.binom.pmf(down, size - up, broken / (1 - fixed))
    covered = 0.0
    for number in np.flatnonzero(weight > 1e-9):
        low, high = _interval(int(up[number]), int(down[number]), size)
        covered += weight[number] * (low <= fixed - broken <= high)
    return covered


@pytest.mark.slow
@pytest.mark.parametrize(("disagreement", "difference"), [(0.05, 0.0), (0.05, 0.02), (0.02, 0.02)])
def test_the_interval_covers_the_truth_in_94_to_97_of_100_cases(disagreement: float, difference: float) -> None:
    fixed, broken = (disagreement + difference) / 2, (disagreement - difference) / 2
    assert 0.94 <= _coverage(fixed, broken, 500) <= 0.97


@pytest.mark.slow
def test_correlated_groups_raise_no_false_alarm_where_a_plain_test_does() -> None:
    """Images copy their group's draw with probability 0.6: a plain McNemar then cries wolf in a third of the cases."""
    generator = np.random.default_rng(5)
    num_runs, num_groups, num_members = 500, 100, 10
    groups = Groups(np.repeat(np.arange(num_groups), num_members), num_groups)
    alarms, missed = np.zeros(2), 0
    for _ in range(num_runs):
        draws = generator.choice([-1, 0, 1], p=[0.05, 0.9, 0.05], size=(num_groups, 1 + num_members))
        copies = generator.random((num_groups, num_members)) < 0.6
        differences = np.where(copies, draws[:, :1], draws[:, 1:])
        alarms += exact_flip_p(differences.sum(axis=1)) <= 0.05, exact_flip_p(differences.ravel()) <= 0.05
        low, high = paired_share_interval(differences.ravel(), groups, 0.95)
        missed += not low <= 0 <= high
    assert stats.binomtest(int(alarms[0]), num_runs, 0.05, alternative="greater").pvalue > 0.001
    assert missed / num_runs < 0.06
    assert alarms[1] / num_runs > 0.25


@pytest.mark.slow
def test_the_mean_recall_is_covered_where_few_images_of_a_small_class_flip() -> None:
    """Influence functions with pseudo images; without, the interval is far too narrow near perfection."""
    generator = np.random.default_rng(6)
    num_classes, size = 5, 400
    prior = np.array([0.4, 0.3, 0.2, 0.06, 0.04])
    covered = np.zeros(2)
    for _ in range(600):
        targets = generator.choice(num_classes, p=prior, size=size)
        moves = generator.choice([-1, 0, 1], p=[0.009, 0.99, 0.001], size=size)
        support = np.bincount(targets, minlength=num_classes)
        recall = np.bincount(targets, weights=moves, minlength=num_classes) / support
        values = size / num_classes * (moves - recall[targets]) / support[targets] + recall.mean()
        weight = float(np.sqrt(np.mean((size / (num_classes * support)) ** 2)))
        for kind, pseudo in enumerate((weight, 0.0)):
            low, high = mean_difference_interval(values, independent(size), 0.95, pseudo_weight=pseudo)
            covered[kind] += low <= -0.008 <= high
    assert covered[0] / 600 > 0.94
    assert covered[1] / 600 < 0.9
