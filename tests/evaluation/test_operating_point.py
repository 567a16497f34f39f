from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from winnow.errors import ConfigError
from winnow.evaluation.operating_point import OperatingPoint, choose_operating_point, operating_scores
from winnow.evaluation.predictions import Predictions


@pytest.fixture
def two(make_predictions: Callable[..., Predictions]) -> Predictions:
    return make_predictions(classes=("benign", "malignant"), sharpness=1.0)


def test_the_last_label_is_positive_unless_another_is_named(two: Predictions) -> None:
    assert choose_operating_point(two, None, "half") == OperatingPoint("malignant", 0.5)
    assert choose_operating_point(two, "benign", "half") == OperatingPoint("benign", 0.5)


def test_the_threshold_is_the_best_on_validation(two: Predictions) -> None:
    val = two.of_split("val")
    point = choose_operating_point(val, None, "youden")
    found = {score.name: score.value for score in operating_scores(val, point, 0.95)}
    for threshold in np.linspace(0, 1, 101):
        other = operating_scores(val, OperatingPoint("malignant", threshold), 0.95)
        assert sum(score.value for score in other) <= sum(found.values()) + 1e-9


def test_sensitivity_and_specificity_have_wilsons_intervals(two: Predictions) -> None:
    test = two.of_split("test")
    sensitivity, specificity = operating_scores(test, OperatingPoint("malignant", 0.5), 0.95)
    is_positive = test.targets == 1
    called = test.probabilities[:, 1] >= 0.5
    expected = stats.binomtest(int((called & is_positive).sum()), int(is_positive.sum()))
    wilson = expected.proportion_ci(method="wilson")
    assert sensitivity.value == pytest.approx(expected.statistic)
    assert sensitivity.interval == pytest.approx((wilson.low, wilson.high))
    assert specificity.value == pytest.approx((~called)[~is_positive].mean())


def test_three_classes_have_no_operating_point(predictions: Predictions) -> None:
    assert choose_operating_point(predictions, None, "youden") is None


def test_a_positive_label_that_is_no_class_is_refused_with_the_nearest(two: Predictions) -> None:
    with pytest.raises(ConfigError, match="did you mean `malignant`"):
        choose_operating_point(two, "malignent", "youden")


def test_a_positive_label_among_three_classes_is_refused(predictions: Predictions) -> None:
    with pytest.raises(ConfigError, match="expected null or one of two classes"):
        choose_operating_point(predictions, "oak", "youden")


def test_validation_of_one_kind_leaves_the_threshold_at_one_half(
    two: Predictions, caplog: pytest.LogCaptureFixture
) -> None:
    nothing = two.of_split("vault")
    assert choose_operating_point(nothing, None, "youden") == OperatingPoint("malignant", 0.5)
    assert "the threshold stays at 0.5" in caplog.text
