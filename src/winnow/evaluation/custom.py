"""Metrics of the user's own: `fn(probabilities_NK, targets_N, **options)` gives a number, or numbers by name."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from winnow.errors import ConfigError
from winnow.evaluation.config import MetricConfig
from winnow.evaluation.predictions import Predictions
from winnow.evaluation.scores import Score
from winnow.logs import progress
from winnow.references import Function, load_reference
from winnow.stats.bootstrap import Resampling, percentile_interval, resampled_rows
from winnow.stats.groups import LEAST


def custom_scores(test: Predictions, metric: MetricConfig, folder: Path, resampling: Resampling) -> list[Score]:
    """Return the metric's values with percentile intervals, by images or by whole groups.

    A number is called like the function, numbers by name `<function>_<name>`. On the test set every value must be
    finite; on a resample it may be NaN (a class is missing there).

    Raises ConfigError for a function that does not exist, fails, or returns something else.
    """
    function = load_reference(metric.name, folder, metric.options)
    values = _call(metric.name, function, test.probabilities, test.targets)
    for name, value in values.items():
        if not np.isfinite(value):
            raise ConfigError(f"evaluate.metrics: {name} is {value} on the test images", hint=f"mend {metric.name}")
    replicates = _replicates(metric.name, function, test, resampling) if test.groups.count >= LEAST else []

    def score(name: str, value: float) -> Score:
        drawn = np.array([row.get(name, np.nan) for row in replicates])
        return Score(name, value, percentile_interval(drawn, resampling.confidence))

    return [score(name, value) for name, value in values.items()]


def _replicates(name: str, function: Function, test: Predictions, resampling: Resampling) -> list[dict[str, float]]:
    replicates = []
    with progress(f"evaluate: {name}", resampling.num_samples, "resamples") as advance:
        for rows in resampled_rows(test.groups, resampling):
            replicates.append(_call(name, function, test.probabilities[rows], test.targets[rows]))
            advance(1)
    return replicates


def _call(
    name: str, function: Function, probabilities: NDArray[np.float32], targets: NDArray[np.int64]
) -> dict[str, float]:
    try:
        result = function(probabilities, targets)
    except Exception as error:
        raise ConfigError(
            f"evaluate.metrics: {name} failed: {type(error).__name__}: {error}",
            hint="it is called with probabilities [N, K], targets [N] and its options; resamples may lack a class",
        ) from error
    key = name.partition(":")[2]
    if isinstance(result, Mapping):
        return {f"{key}_{inner}": _number(name, value) for inner, value in result.items()}
    return {key: _number(name, result)}


def _number(name: str, value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ConfigError(
            f"evaluate.metrics: expected {name} to return a number, or numbers by name, got {type(value).__name__}",
            hint="custom/README.md shows an example",
        ) from None
