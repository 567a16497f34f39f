import numpy as np
import pytest
from scipy import stats

from winnow.stats.spread import deviation_interval


def test_a_published_interval() -> None:
    """GEAR.DAT of the NIST/SEMATECH handbook 1.3.5.8: 100 diameters, 95 % limits 0.00551 and 0.00729."""
    values = np.random.default_rng(0).normal(size=100)
    values = 0.9976400 + 0.6278908e-2 * (values - values.mean()) / values.std(ddof=1)
    deviation, interval = deviation_interval(values, 0.95)
    assert deviation == pytest.approx(0.6278908e-2)
    assert interval == pytest.approx((0.00551, 0.00729), abs=5e-6)


def test_two_seeds_are_the_least() -> None:
    deviation, (low, high) = deviation_interval(np.array([0.90, 0.92]), 0.9)
    assert deviation == pytest.approx(0.02 / np.sqrt(2))
    assert low == pytest.approx(deviation / np.sqrt(stats.chi2.ppf(0.95, 1)), abs=1e-9)
    assert high == pytest.approx(deviation / np.sqrt(stats.chi2.ppf(0.05, 1)), abs=1e-9)


def test_the_interval_covers_the_true_deviation() -> None:
    generator = np.random.default_rng(1)
    intervals = [deviation_interval(generator.normal(0.0, 3.0, size=4), 0.95)[1] for _ in range(1000)]
    assert np.mean([low <= 3 <= high for low, high in intervals]) == pytest.approx(0.95, abs=0.02)


def test_seeds_that_agree_vary_by_nothing() -> None:
    assert deviation_interval(np.full(3, 0.9), 0.95) == (0.0, (0.0, 0.0))
