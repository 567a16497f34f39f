import numpy as np
import pytest
from sklearn import metrics as sk

from winnow.metrics.binary import youden_threshold


def test_no_threshold_of_scikit_learns_curve_is_better(generator: np.random.Generator) -> None:
    is_positive = generator.random(300) < 0.3
    scores = (generator.normal(size=300) + 1.5 * is_positive).round(1)
    scores = 1 / (1 + np.exp(-scores))
    threshold = youden_threshold(scores, is_positive)
    called = scores >= threshold
    youden = called[is_positive].mean() - called[~is_positive].mean()
    false_positive_rates, true_positive_rates, _ = sk.roc_curve(is_positive, scores)
    assert youden == pytest.approx((true_positive_rates - false_positive_rates).max(), abs=1e-12)


def test_a_threshold_lies_between_the_two_kinds() -> None:
    assert youden_threshold(np.array([0.1, 0.2, 0.8, 0.9]), np.array([False, False, True, True])) == 0.5


def test_of_equal_thresholds_the_nearest_to_one_half_wins() -> None:
    scores = np.array([0.1, 0.3, 0.45, 0.8])
    is_positive = np.array([True, False, True, False])
    assert youden_threshold(scores, is_positive) == pytest.approx(0.375)
