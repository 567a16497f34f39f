import numpy as np
from sklearn import metrics as sk

from winnow.metrics.classification import Decisions
from winnow.metrics.confusion import confusion_counts, predicted_classes, top_pairs


def test_counts_agree_with_scikit_learn(decisions: Decisions) -> None:
    counts = confusion_counts(decisions.targets, decisions.predicted, 6)
    expected = sk.confusion_matrix(decisions.targets, decisions.predicted, labels=range(6))
    assert counts.tolist() == expected.tolist()


def test_of_equally_probable_classes_the_first_is_predicted() -> None:
    assert predicted_classes(np.array([[0.2, 0.4, 0.4], [0.5, 0.5, 0.0]])).tolist() == [1, 0]


def test_top_pairs_are_the_most_frequent_mistakes_in_a_fixed_order() -> None:
    counts = np.array([[50, 2, 0], [2, 60, 5], [0, 1, 70]])
    assert top_pairs(counts, 3) == [(1, 2, 5), (0, 1, 2), (1, 0, 2)]
    assert len(top_pairs(counts, 10)) == 4
    assert top_pairs(np.diag([3, 4]), 5) == []
