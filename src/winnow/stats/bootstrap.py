"""Seeded resampling of whole groups, for what has no closed form: calibration error and the user's own metrics."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from winnow.stats import laws
from winnow.stats.groups import LEAST, Groups
from winnow.stats.intervals import Interval

Floats = NDArray[np.float64]

_CHUNK_CELLS = 250_000
_LEAST_USABLE = 0.9


@dataclass(frozen=True)
class Resampling:
    """How often to draw, from which seed, and at which level to read the result."""

    num_samples: int
    seed: int
    confidence: float


def group_counts(groups: Groups, resampling: Resampling) -> Iterator[Floats]:
    """Yield how often each group was drawn, [B, groups.count] at a time, `num_samples` rows in all.

    Drawing groups with replacement, all members with each: Field & Welsh, JRSS B 69 (2007) 369-390. Where no group
    repeats it is the ordinary bootstrap: Efron, Annals of Statistics 7 (1979) 1-26.
    """
    generator = np.random.default_rng(resampling.seed)
    chunk = max(1, _CHUNK_CELLS // groups.count)
    for start in range(0, resampling.num_samples, chunk):
        rows = min(chunk, resampling.num_samples - start)
        drawn = generator.integers(groups.count, size=(rows, groups.count))
        cells = drawn + groups.count * np.arange(rows)[:, None]
        counts = np.bincount(cells.ravel(), minlength=rows * groups.count)
        yield counts.reshape(rows, groups.count).astype(np.float64)


def resampled_rows(groups: Groups, resampling: Resampling) -> Iterator[NDArray[np.int64]]:
    """Yield the sample positions of each resample, in ascending order, repeated as often as drawn."""
    everyone = np.arange(len(groups.codes))
    for counts in group_counts(groups, resampling):
        for row in counts.astype(np.int64):
            yield np.repeat(everyone, row[groups.codes])


def percentile_interval(replicates: Floats, confidence: float) -> Interval | None:
    """Return the percentile interval of `replicates` [B]: Efron & Tibshirani, "An Introduction to the Bootstrap" 13.3.

    Replicates that are not finite (the metric was undefined on that resample) are left out. None when more than a tenth
    are so, and when all are equal: a resample of a perfect score is perfect, which is no evidence of certainty.
    """
    finite = replicates[np.isfinite(replicates)]
    if len(finite) < _LEAST_USABLE * len(replicates) or len(finite) < LEAST or np.ptp(finite) == 0:
        return None
    low, high = np.quantile(finite, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Interval(float(low), float(high))


def total_gap_interval(
    gaps: Floats, bins: NDArray[np.int64], num_bins: int, groups: Groups, resampling: Resampling
) -> Interval | None:
    """Return an interval for the expected calibration error `sum_b |sum_{i in b} gaps_i| / N`, None below two groups.

    Noise adds to a sum of absolute values and never cancels, so that a plain percentile interval of a well calibrated
    model lies wholly above the truth (in simulations it never covered it). Here the lower end is the estimate minus the
    upper quantile of the noise's own sum, which bounds the error by the triangle inequality; the upper end is the
    bootstrap's quantile less its bias. Covers at least as often as promised.
    """
    if groups.count < LEAST:
        return None
    by_group = np.bincount(groups.codes * num_bins + bins, weights=gaps, minlength=groups.count * num_bins)
    by_group = by_group.reshape(groups.count, num_bins)
    sizes = groups.sums(np.ones(len(gaps)))
    observed = by_group.sum(axis=0) / len(gaps)
    drawn = np.concatenate(
        [counts @ by_group / (counts @ sizes)[:, None] for counts in group_counts(groups, resampling)]
    )
    estimate = np.abs(observed).sum()
    noise = np.abs(drawn - observed).sum(axis=1)
    totals = np.abs(drawn).sum(axis=1)
    upper = (1 + resampling.confidence) / 2
    low = max(0.0, estimate - np.quantile(noise, upper))
    high = min(1.0, estimate + max(0.0, np.quantile(totals, upper) - totals.mean()))
    return Interval(float(low), float(high))


def total_gap_difference_interval(
    gaps: Floats, bins: NDArray[np.int64], num_bins: int, groups: Groups, resampling: Resampling
) -> Interval | None:
    """Return an interval for the calibration error of head minus base, from `gaps` and `bins` [2, N], base first.

    Paired: each resample draws the same groups for both. Noise lifts the error of a well calibrated model and hardly
    that of a bad one, which no resampling can undo (in simulations bootstrap intervals, corrected for bias or not,
    covered 50-90 %). So each end reaches further by the most that noise may have lifted the side that is subtracted
    there. Covers at least as often as promised. None below two groups.
    """
    if groups.count < LEAST:
        return None
    sides = [
        np.bincount(groups.codes * num_bins + bins[side], weights=gaps[side], minlength=groups.count * num_bins)
        for side in (0, 1)
    ]
    by_group = np.stack([cells.reshape(groups.count, num_bins) for cells in sides], axis=1).reshape(groups.count, -1)
    sizes = groups.sums(np.ones(gaps.shape[1]))
    drawn = np.concatenate(
        [counts @ by_group / (counts @ sizes)[:, None] for counts in group_counts(groups, resampling)]
    ).reshape(-1, 2, num_bins)
    observed = by_group.sum(axis=0).reshape(2, num_bins) / gaps.shape[1]
    difference = float(np.abs(observed[1]).sum() - np.abs(observed[0]).sum())
    totals = np.abs(drawn).sum(axis=2)
    changes = totals[:, 1] - totals[:, 0]
    tails = np.quantile(changes, [(1 - resampling.confidence) / 2, (1 + resampling.confidence) / 2]) - changes.mean()
    base_lift, head_lift = _most_lift(observed, drawn.std(axis=0)).sum(axis=1)
    low, high = difference + tails[0] - head_lift, difference + tails[1] + base_lift
    return Interval(max(-1.0, float(low)), min(1.0, float(high)))


def _most_lift(observed: Floats, deviation: Floats) -> Floats:
    """Return by how much normal noise lifts absolute values whose truth is up to two deviations below `observed`."""
    with np.errstate(invalid="ignore", divide="ignore"):
        truth = np.where(deviation > 0, np.maximum(np.abs(observed) / deviation - 2, 0.0), 0.0)
    # E|m + Z| - m for a standard normal Z.
    lift: Floats = 2 * deviation * (laws.normal_density(truth) - truth * laws.normal_tail(truth))
    return lift
