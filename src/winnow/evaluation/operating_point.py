"""Two classes: sensitivity and specificity at a threshold that validation chose and the test never saw."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from winnow.config import nearest
from winnow.errors import ConfigError
from winnow.evaluation.predictions import Predictions
from winnow.evaluation.scores import Score, share_score
from winnow.logs import logger
from winnow.metrics.binary import HALF, youden_threshold

_BINARY = 2


@dataclass(frozen=True)
class OperatingPoint:
    """Where the positive class begins."""

    positive_label: str
    threshold: float
    """A sample whose probability of the positive class reaches it is called positive."""


def choose_operating_point(
    val: Predictions, positive_label: str | None, rule: Literal["youden", "half"]
) -> OperatingPoint | None:
    """Return the operating point, or None where there are not two classes.

    Without `positive_label` the last class in sorted order is the positive one. Raises ConfigError for a label that is
    no class, or where there are not two.
    """
    if positive_label is not None and (positive_label not in val.classes or len(val.classes) != _BINARY):
        message = f"`evaluate.positive_label`: expected null or one of two classes, got {positive_label!r}"
        raise ConfigError(message, hint=nearest(positive_label, val.classes))
    if len(val.classes) != _BINARY:
        return None
    positive = positive_label or max(val.classes)
    is_positive, scores = _against(val, positive)
    if rule == "half":
        return OperatingPoint(positive, HALF)
    if is_positive.all() or not is_positive.any():
        logger.warning("validation has images of one class only: the threshold stays at 0.5")
        return OperatingPoint(positive, HALF)
    return OperatingPoint(positive, youden_threshold(scores, is_positive))


def operating_scores(test: Predictions, point: OperatingPoint, confidence: float) -> list[Score]:
    """Return sensitivity and specificity on the test images, each where its class has any."""
    is_positive, scores = _against(test, point.positive_label)
    called = scores >= point.threshold
    right = {"sensitivity": (is_positive, called), "specificity": (~is_positive, ~called)}
    return [
        share_score(name, success[rows], test.groups.of(rows), confidence)
        for name, (rows, success) in right.items()
        if rows.any()
    ]


def _against(predictions: Predictions, label: str) -> tuple[np.ndarray, np.ndarray]:
    position = predictions.classes.index(label)
    return predictions.targets == position, predictions.probabilities[:, position].astype(np.float64)
