"""Confidence intervals in closed form, for independent samples and for whole groups.

Every share (accuracy, recall, macro-F1 …) gets a score interval, because it keeps its promise where good classifiers
live: at 0.998 with 360 images, a percentile bootstrap of the balanced accuracy covered the truth in 43 % of simulated
test sets instead of 95 %, the score interval in 97 % (`tests/stats/test_intervals.py`).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from winnow.stats import laws
from winnow.stats.groups import LEAST, Groups

Floats = NDArray[np.float64]


class Interval(NamedTuple):
    """Both ends of a two-sided confidence interval."""

    low: float
    high: float


class Shares(NamedTuple):
    """One share a stratum, each [S]; NaN where a stratum is empty or its interval cannot be known."""

    value: Floats
    size: NDArray[np.int64]
    low: Floats
    high: Floats


def normal_quantile(confidence: float) -> float:
    """Return z such that a standard normal variable stays within +-z with probability `confidence`."""
    return laws.normal_quantile((1 + confidence) / 2)


def critical_value(confidence: float, groups: Groups) -> float:
    """Return the quantile for a variance estimated from `groups`: normal, or Student's t with G-1 degrees."""
    if not groups.repeat:
        return normal_quantile(confidence)
    return float(laws.t_quantile((1 + confidence) / 2, groups.count - 1))


def score_bounds(shares: Floats, sizes: Floats, confidence: float) -> tuple[Floats, Floats]:
    """Return both ends of Wilson's score interval for `shares` of `sizes` trials, elementwise.

    Wilson, JASA 22 (1927) 209-212. `sizes` may be effective sizes, hence fractions.
    """
    z2 = normal_quantile(confidence) ** 2
    centre = (shares + z2 / (2 * sizes)) / (1 + z2 / sizes)
    half = np.sqrt(z2 * (shares * (1 - shares) / sizes + z2 / (4 * sizes**2))) / (1 + z2 / sizes)
    return np.clip(centre - half, 0.0, shares), np.clip(centre + half, shares, 1.0)


def stratified_shares(
    success: NDArray[np.bool_], strata: NDArray[np.int64], num_strata: int, groups: Groups, confidence: float
) -> Shares:
    """Return the share of `success` [N] within each of the strata [N] (codes in [0, num_strata)), with intervals.

    Independent samples: Wilson. Where groups repeat within a stratum: Wilson with the effective sample size that gives
    the variance over draws of whole groups, and Student's t (Korn & Graubard, Survey Methodology 24 (1998) 193-201).
    A share of exactly 0 or 1 shows no variance: there the size is Kish's (sum m)^2 / sum m^2 of the group sizes m.
    """
    size = np.bincount(strata, minlength=num_strata)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = np.bincount(strata, weights=success, minlength=num_strata) / size
        # One cell a pair of stratum and group that occurs.
        pairs, cell = np.unique(strata * groups.count + groups.codes, return_inverse=True)
        stratum = pairs // max(groups.count, 1)
        members = np.bincount(cell)
        deviation = np.bincount(cell, weights=success - value[strata])
        num_groups = np.bincount(stratum, minlength=num_strata)
        squares = np.bincount(stratum, weights=deviation**2, minlength=num_strata)
        variance = num_groups / (num_groups - 1) * squares / size**2
        kish = size**2 / np.bincount(stratum, weights=members**2, minlength=num_strata)
        t = laws.t_quantile((1 + confidence) / 2, np.maximum(num_groups - 1, 1))
        effective = value * (1 - value) / variance * (normal_quantile(confidence) / t) ** 2
        effective = np.where((value == 0) | (value == 1), kish, np.minimum(effective, size))
        effective = np.where(num_groups == size, size, effective)
        # One group of several samples is one witness: no interval.
        effective = np.where((num_groups < LEAST) & (size >= LEAST), np.nan, effective)
        low, high = score_bounds(value, effective, confidence)
    return Shares(value, size.astype(np.int64), low, high)


def share_interval(
    value: float, influence: Floats, groups: Groups, *, least_size: float, confidence: float
) -> Interval | None:
    """Return a score interval for a mean of shares (balanced accuracy, macro-F1), or None with fewer than two groups.

    `influence` [N] is the estimator's influence function: its variance, over whole groups, sets Wilson's effective
    size (as in `stratified_shares`). `least_size` is that size when the value is exactly 0 or 1.
    """
    if groups.count < LEAST:
        return None
    variance = groups.variance_of_mean(influence)
    size = least_size
    if 0 < value < 1:
        ratio = normal_quantile(confidence) / critical_value(confidence, groups)
        size = value * (1 - value) / variance * ratio**2 if variance > 0 else np.inf
    low, high = score_bounds(np.array([value]), np.array([min(size, len(influence))]), confidence)
    return Interval(float(low[0]), float(high[0]))


def mean_interval(values: Floats, groups: Groups, confidence: float) -> Interval | None:
    """Return an interval for the mean of positive `values` [N] (log loss, Brier), or None with fewer than two groups.

    The normal (or t) interval of the logarithm of the mean, by the delta method: such scores lean to the right, so the
    upper end must reach further, and the lower never leaves the positive numbers.
    """
    if groups.count < LEAST:
        return None
    mean = float(values.mean())
    if mean <= 0:
        return Interval(0.0, 0.0)
    factor = np.exp(critical_value(confidence, groups) * np.sqrt(groups.variance_of_mean(values)) / mean)
    return Interval(float(mean / factor), float(mean * factor))
