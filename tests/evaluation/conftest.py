"""Predictions of a pretended model that is right most of the time."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from winnow.evaluation.config import EvaluateConfig
from winnow.evaluation.predictions import Predictions, collect

SPLITS = ("val", "test", "test")


def draw_predictions(
    *, num: int = 90, classes: tuple[str, ...] = ("ash", "elm", "oak"), groups: int = 0, sharpness: float = 1.5
) -> Predictions:
    """Return `num` images, a third of them for validation; with `groups`, each belongs to one of so many."""
    generator = np.random.default_rng(num + len(classes))
    targets = np.arange(num) % len(classes)
    logits = generator.normal(size=(num, len(classes)))
    logits[np.arange(num), targets] += sharpness
    exponents = np.exp(logits)
    table = pa.table(
        {
            "id": [f"{number:020x}" for number in generator.permutation(num)],
            "split": [SPLITS[number // len(classes) % 3] for number in range(num)],
            "label": [classes[target] for target in targets],
            "group": [f"tree {draw}" if groups else "" for draw in generator.integers(max(groups, 1), size=num)],
            "site": [f"site {number % 2}" for number in range(num)],
        }
    )
    return collect(table, (exponents / exponents.sum(axis=1, keepdims=True)).astype(np.float32), list(classes))


@pytest.fixture
def make_predictions() -> Callable[..., Predictions]:
    return draw_predictions


@pytest.fixture
def predictions() -> Predictions:
    return draw_predictions()


@pytest.fixture
def make_config() -> Callable[..., EvaluateConfig]:
    def make(**changes: Any) -> EvaluateConfig:
        content = {
            "batch_size": 16,
            "confidence": 0.95,
            "bootstrap_samples": 200,
            "seed": 0,
            "calibration_bins": 10,
            "positive_label": None,
            "threshold": "youden",
            "metrics": [],
        }
        return EvaluateConfig.model_validate(content | changes)

    return make
