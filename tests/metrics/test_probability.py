import numpy as np
import pytest
from sklearn import metrics as sk

from winnow.metrics.probability import brier_scores, log_losses


def test_log_loss_agrees_with_scikit_learn(probabilities: np.ndarray, targets: np.ndarray) -> None:
    exact = probabilities.astype(np.float64)
    exact /= exact.sum(axis=1, keepdims=True)
    expected = sk.log_loss(targets, exact, labels=range(6))
    assert log_losses(exact, targets).mean() == pytest.approx(expected, abs=1e-9)


def test_a_probability_of_zero_for_the_truth_costs_much_and_stays_finite() -> None:
    losses = log_losses(np.array([[1.0, 0.0], [1.0, 0.0]], dtype=np.float32), np.array([1, 0]))
    assert losses[0] == pytest.approx(15.942, abs=1e-3)
    assert losses[1] == 0


def test_brier_agrees_with_scikit_learn_for_several_classes(probabilities: np.ndarray, targets: np.ndarray) -> None:
    exact = probabilities.astype(np.float64)
    exact /= exact.sum(axis=1, keepdims=True)
    expected = sk.brier_score_loss(targets, exact, labels=range(6))
    assert brier_scores(exact, targets).mean() == pytest.approx(expected, abs=1e-9)


def test_brier_of_two_classes_is_the_halved_one_as_in_scikit_learn(generator: np.random.Generator) -> None:
    positive = generator.random(50)
    targets = generator.integers(2, size=50)
    expected = sk.brier_score_loss(targets, positive)
    scores = brier_scores(np.stack([1 - positive, positive], axis=1), targets)
    assert scores.mean() == pytest.approx(expected, abs=1e-9)
