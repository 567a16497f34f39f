import numpy as np
import pytest

from winnow.metrics.calibration import reliability
from winnow.metrics.classification import Decisions


def _naive_calibration_error(confidences: np.ndarray, correct: np.ndarray, num_bins: int) -> float:
    """The definition, bin by bin."""
    total = 0.0
    for index in range(num_bins):
        inside = (confidences > index / num_bins) & (confidences <= (index + 1) / num_bins)
        if inside.any():
            total += inside.mean() * abs(correct[inside].mean() - confidences[inside].mean())
    return total


@pytest.mark.parametrize("num_bins", [2, 10, 15])
def test_the_calibration_error_follows_its_definition(
    decisions: Decisions, probabilities: np.ndarray, num_bins: int
) -> None:
    confidences = probabilities.max(axis=1).astype(np.float64)
    result = reliability(confidences, decisions.correct, num_bins)
    expected = _naive_calibration_error(confidences, decisions.correct, num_bins)
    assert result.calibration_error == pytest.approx(expected, abs=1e-9)


def test_bins_include_their_upper_edge_and_no_sample_is_lost() -> None:
    result = reliability(np.array([0.0, 0.5, 0.51, 1.0]), np.array([False, True, True, True]), 2)
    assert result.count.tolist() == [2, 2]
    assert result.accuracy.tolist() == [0.5, 1.0]


def test_an_empty_bin_has_no_accuracy() -> None:
    result = reliability(np.array([0.9]), np.array([True]), 4)
    assert result.count.tolist() == [0, 0, 0, 1]
    assert np.isnan(result.accuracy[:3]).all()
    assert result.calibration_error == pytest.approx(0.1)
