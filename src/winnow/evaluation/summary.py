"""What goes into `metrics.json`: scalars only, because DVC drops lists without a word."""

from pathlib import Path

from winnow.errors import ConfigError, InputError
from winnow.evaluation.config import EvaluateConfig
from winnow.evaluation.custom import custom_scores
from winnow.evaluation.operating_point import choose_operating_point, operating_scores
from winnow.evaluation.predictions import Predictions
from winnow.evaluation.scores import Score, built_in_scores, split_reliability
from winnow.logs import logger
from winnow.stats.bootstrap import Resampling
from winnow.stats.groups import LEAST

Scalar = float | int | str

DIGITS = 6


def summarise(val: Predictions, test: Predictions, config: EvaluateConfig, custom: Path) -> dict[str, Scalar]:
    """Return counts and every score as `x`, `x_low`, `x_high`; ends that cannot be known are left out.

    Raises InputError without test images, ConfigError for a custom metric or a positive label that does not fit.
    """
    if not len(test):
        raise InputError(
            "expected images in the split `test`, got none",
            hint="add images, raise data.test_fraction, or pin some with `split` in data/labels.csv",
        )
    summary = _counts(val, test) | {"confidence": config.confidence}
    resampling = Resampling(config.bootstrap_samples, config.seed, config.confidence)
    scores = built_in_scores(test, split_reliability(test, config.calibration_bins), resampling)
    point = choose_operating_point(val, config.positive_label, config.threshold)
    if point is not None:
        summary |= {"positive_label": point.positive_label, "threshold": round(point.threshold, DIGITS)}
        scores += operating_scores(test, point, config.confidence)
    for metric in config.metrics:
        scores += custom_scores(test, metric, custom, resampling)
    for score in scores:
        summary |= _spelled(score, summary)
    return summary


def _counts(val: Predictions, test: Predictions) -> dict[str, Scalar]:
    counts: dict[str, Scalar] = {
        "num_test": len(test),
        "num_classes": len(test.classes),
        "num_classes_tested": len(test.decisions.tested),
        "num_val": len(val),
    }
    untested = len(test.classes) - len(test.decisions.tested)
    if untested:
        logger.warning("%d of %d classes have no test image: means leave them out", untested, len(test.classes))
    if test.groups.repeat:
        counts["num_test_groups"] = test.groups.count
    if test.groups.count < LEAST:
        logger.warning("all test images are one group: one witness gives no intervals")
    if len(val):
        counts["val_accuracy"] = round(val.decisions.accuracy, DIGITS)
    return counts


def _spelled(score: Score, taken: dict[str, Scalar]) -> dict[str, Scalar]:
    if score.name in taken:
        raise ConfigError(
            f"evaluate.metrics: the name `{score.name}` is taken", hint="give the function in custom/ another name"
        )
    spelled: dict[str, Scalar] = {score.name: round(score.value, DIGITS)}
    if score.interval is not None:
        low, high = score.interval
        spelled |= {f"{score.name}_low": round(low, DIGITS), f"{score.name}_high": round(high, DIGITS)}
    return spelled
