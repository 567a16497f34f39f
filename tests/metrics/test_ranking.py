import numpy as np
import pytest
from sklearn import metrics as sk

from winnow.metrics.ranking import auroc, placements


def test_area_agrees_with_scikit_learn_with_ties(probabilities: np.ndarray, targets: np.ndarray) -> None:
    for label in range(5):
        is_positive = targets == label
        expected = sk.roc_auc_score(is_positive, probabilities[:, label])
        assert auroc(probabilities[:, label], is_positive) == pytest.approx(expected, abs=1e-9)


def test_mean_over_classes_agrees_with_scikit_learn(generator: np.random.Generator) -> None:
    probabilities = generator.dirichlet(np.ones(4), size=100)
    targets = generator.integers(4, size=100)
    mean = np.mean([auroc(probabilities[:, label], targets == label) for label in range(4)])
    assert mean == pytest.approx(sk.roc_auc_score(targets, probabilities, multi_class="ovr"), abs=1e-9)


def test_placements_count_pairs_in_order_and_ties_half() -> None:
    scores = np.array([0.1, 0.4, 0.4, 0.9])
    is_positive = np.array([False, False, True, True])
    assert placements(scores, is_positive).tolist() == [1.0, 0.75, 0.75, 1.0]


def test_both_kinds_give_the_same_area(probabilities: np.ndarray, targets: np.ndarray) -> None:
    is_positive = targets == 2
    values = placements(probabilities[:, 2], is_positive)
    assert values[is_positive].mean() == pytest.approx(values[~is_positive].mean(), abs=1e-12)
