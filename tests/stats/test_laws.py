import math

import numpy as np
import pytest
from scipy import stats

from winnow.stats import laws

SHARES = (0.0005, 0.025, 0.3, 0.5, 0.975, 0.9999)


@pytest.mark.parametrize("probability", SHARES)
def test_quantiles_are_those_of_scipy(probability: float) -> None:
    assert laws.normal_quantile(probability) == pytest.approx(stats.norm.ppf(probability), abs=1e-9)
    for freedom in (1, 2, 7.5, 400):
        assert laws.t_quantile(probability, freedom) == pytest.approx(stats.t.ppf(probability, freedom), rel=1e-9)
        expected = stats.chi2.ppf(probability, freedom)
        assert laws.chi_square_quantile(probability, freedom) == pytest.approx(expected, rel=1e-9)
    assert laws.t_quantile(probability, math.inf) == pytest.approx(stats.norm.ppf(probability), abs=1e-9)


@pytest.mark.parametrize("x", [-3.0, 0.0, 0.7, 4.0, 9.0])
def test_tails_are_those_of_scipy(x: float) -> None:
    assert laws.normal_tail(x) == pytest.approx(stats.norm.sf(x), rel=1e-9)
    assert laws.normal_density(x) == pytest.approx(stats.norm.pdf(x), rel=1e-9)
    for freedom in (1.0, 12.0):
        assert laws.t_tail(x, freedom) == pytest.approx(stats.t.sf(x, freedom), rel=1e-9)
    assert laws.t_tail(x, math.inf) == pytest.approx(stats.norm.sf(x), rel=1e-9)


@pytest.mark.parametrize("share", [0.01, 0.5, 0.9])
@pytest.mark.parametrize("trials", [0, 1, 9, 5000])
def test_binomial_probabilities_are_those_of_scipy(trials: int, share: float) -> None:
    counts = np.unique(np.linspace(-1, trials + 1, 40).round())
    assert laws.binomial_cdf(counts, trials, share) == pytest.approx(stats.binom.cdf(counts, trials, share), abs=1e-12)
    inside = counts[(counts >= 0) & (counts <= trials)]
    expected = stats.binom.pmf(inside, trials, share)
    assert laws.binomial_pmf(inside, trials, share) == pytest.approx(expected, rel=1e-9, abs=1e-300)


def test_counts_and_trials_may_differ_from_one_to_the_next() -> None:
    counts, trials = np.array([-1, 0, 3, 7]), np.array([5, 5, 6, 7])
    assert laws.binomial_cdf(counts, trials, 0.4) == pytest.approx(stats.binom.cdf(counts, trials, 0.4), abs=1e-12)
