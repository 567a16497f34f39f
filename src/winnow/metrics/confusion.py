"""What was taken for what."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Targets = NDArray[np.int64]


class Pair(NamedTuple):
    """How many images of one class were taken for another."""

    actual: int
    predicted: int
    num_images: int


def predicted_classes(probabilities: NDArray[np.floating]) -> Targets:
    """Return the most probable class of each sample, [N]; of several equal ones, the first."""
    classes: Targets = np.argmax(probabilities, axis=1).astype(np.int64)
    return classes


def confusion_counts(targets: Targets, predicted: Targets, num_classes: int) -> NDArray[np.int64]:
    """Return how often each class (rows) was taken for each class (columns), [K, K]."""
    cells = np.bincount(targets * num_classes + predicted, minlength=num_classes**2)
    counts: NDArray[np.int64] = cells.reshape(num_classes, num_classes)
    return counts


def top_pairs(counts: NDArray[np.int64], limit: int) -> list[Pair]:
    """Return the `limit` most frequent confusions, most frequent first, then in class order."""
    wrong = counts - np.diag(np.diag(counts))
    cells = np.argwhere(wrong)
    order = np.argsort(-wrong[tuple(cells.T)], kind="stable")[:limit]
    return [Pair(int(row), int(column), int(counts[row, column])) for row, column in cells[order]]
