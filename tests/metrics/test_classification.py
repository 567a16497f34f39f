import numpy as np
import pytest
from sklearn import metrics as sk

from winnow.metrics.classification import Decisions


def test_accuracy_agrees_with_scikit_learn(decisions: Decisions) -> None:
    expected = sk.accuracy_score(decisions.targets, decisions.predicted)
    assert decisions.accuracy == pytest.approx(expected, abs=1e-9)


def test_per_class_numbers_agree_with_scikit_learn(decisions: Decisions) -> None:
    precision, recall, f1, support = sk.precision_recall_fscore_support(
        decisions.targets, decisions.predicted, labels=range(6), zero_division=np.nan
    )
    assert decisions.precision == pytest.approx(precision, abs=1e-9, nan_ok=True)
    assert decisions.recall == pytest.approx(recall, abs=1e-9, nan_ok=True)
    assert decisions.f1[:5] == pytest.approx(f1[:5], abs=1e-9)
    assert decisions.support.tolist() == support.tolist()


def test_means_leave_out_a_class_without_samples(decisions: Decisions) -> None:
    present = sorted(set(decisions.targets))
    recall = sk.recall_score(decisions.targets, decisions.predicted, labels=present, average="macro")
    f1 = sk.f1_score(decisions.targets, decisions.predicted, labels=present, average="macro")
    assert decisions.tested.tolist() == present == [0, 1, 2, 3, 4]
    assert decisions.num_predicted[5] > 0
    assert decisions.balanced_accuracy == pytest.approx(recall, abs=1e-9)
    assert decisions.macro_f1 == pytest.approx(f1, abs=1e-9)


def test_a_class_never_predicted_has_no_precision_and_an_f1_of_zero() -> None:
    decisions = Decisions(np.array([0, 0, 1]), np.array([0, 0, 0]), 2)
    assert np.isnan(decisions.precision[1])
    assert decisions.f1.tolist() == [0.8, 0.0]


@pytest.mark.parametrize("metric", ["balanced_accuracy", "macro_f1"])
def test_an_influence_is_the_change_that_a_little_more_weight_makes(decisions: Decisions, metric: str) -> None:
    """Numerically: the derivative of the metric by each sample's weight."""
    influence = getattr(decisions, f"{metric}_influence")()
    assert influence.sum() == pytest.approx(0, abs=1e-9)
    num_samples, repeats = len(decisions.targets), 2000
    for sample in (0, 17, 199):
        rows = np.concatenate([np.tile(np.arange(num_samples), repeats), [sample]])
        heavier = Decisions(decisions.targets[rows], decisions.predicted[rows], 6)
        change = (getattr(heavier, metric) - getattr(decisions, metric)) * len(rows)
        assert change == pytest.approx(influence[sample], rel=1e-3, abs=1e-4)
