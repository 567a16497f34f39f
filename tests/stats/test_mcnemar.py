import time

import numpy as np
import pytest
from scipy import stats

from winnow.stats.mcnemar import detectable_difference, exact_power


def _by_enumeration(size: int, disagreement: float, difference: float, alpha: float) -> float:
    """The probability of rejection, one table after the other."""
    fixed, broken = (disagreement + difference) / 2, (disagreement - difference) / 2
    power = 0.0
    for up in range(size + 1):
        for down in range(size + 1 - up):
            p = min(1.0, 2 * stats.binom.cdf(min(up, down), up + down, 0.5)) if up + down else 1.0
            if p <= alpha:
                power += stats.multinomial.pmf([up, down, size - up - down], size, [fixed, broken, 1 - disagreement])
    return power


@pytest.mark.parametrize(("disagreement", "difference"), [(0.6, 0.3), (0.4, 0.4), (0.5, 0.0)])
def test_the_power_is_the_sum_over_all_tables(disagreement: float, difference: float) -> None:
    expected = _by_enumeration(24, disagreement, difference, 0.05)
    assert exact_power(24, disagreement, difference, 0.05) == pytest.approx(expected, abs=1e-9)


def test_without_a_difference_the_power_is_the_level_that_the_test_keeps() -> None:
    for size in (50, 500, 5000):
        assert 0.005 < exact_power(size, 0.1, 0.0, 0.05) <= 0.05


def test_the_sign_of_the_difference_does_not_matter() -> None:
    assert exact_power(300, 0.1, 0.05, 0.05) == pytest.approx(exact_power(300, 0.1, -0.05, 0.05))


def test_the_power_is_what_simulated_pull_requests_get() -> None:
    generator = np.random.default_rng(0)
    fixed, broken, _ = generator.multinomial(500, [0.04, 0.015, 0.945], size=20_000).T
    rejected = 2 * stats.binom.cdf(np.minimum(fixed, broken), fixed + broken, 0.5) <= 0.05
    assert exact_power(500, 0.055, 0.025, 0.05) == pytest.approx(rejected.mean(), abs=0.012)


@pytest.mark.parametrize("size", [500, 10_000, 100_000])
def test_the_detectable_difference_has_the_power_asked_for(size: int) -> None:
    start = time.perf_counter()
    difference = detectable_difference(size, 0.05, alpha=0.05, power=0.8)
    assert time.perf_counter() - start < 1.0
    assert difference is not None
    assert exact_power(size, 0.05, difference, 0.05) == pytest.approx(0.8, abs=1e-5)
    # Close to the textbook's approximation: (1.96 + 0.84) standard errors.
    assert difference == pytest.approx(2.8 * np.sqrt(0.05 / size), rel=0.2)


def test_too_few_disagreements_detect_nothing() -> None:
    assert detectable_difference(100, 0.01, alpha=0.05, power=0.8) is None
    assert detectable_difference(100, 0.0, alpha=0.05, power=0.8) is None
    assert exact_power(100, 0.0, 0.0, 0.05) == 0.0


def test_a_power_that_chance_alone_reaches_needs_no_difference() -> None:
    assert detectable_difference(500, 0.1, alpha=0.05, power=0.01) == 0.0


def test_where_the_models_always_disagree_each_image_is_a_trial() -> None:
    rejected = [k for k in range(31) if 2 * stats.binom.cdf(min(k, 30 - k), 30, 0.5) <= 0.05]
    assert exact_power(30, 1.0, 0.4, 0.05) == pytest.approx(stats.binom.pmf(rejected, 30, 0.7).sum(), abs=1e-9)
