"""Tests and intervals for two models judged on the same images, by images or by whole groups.

What counts is the difference image by image: +1 where the head mends a mistake of the base, -1 where it breaks a right
answer, 0 elsewhere; or the difference of two losses. Images that share a group are one witness: tests flip, and
variances sum, whole groups. How well all this keeps its promises is in docs/statistics.md.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from winnow.stats import laws
from winnow.stats.groups import LEAST, Groups
from winnow.stats.intervals import Interval, critical_value, normal_quantile

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

_CHUNK_CELLS = 250_000
_ROUNDING = 1e-12


class PairedShares(NamedTuple):
    """The mean difference in each stratum, each [S]; NaN where a stratum is empty or has no interval."""

    value: Floats
    low: Floats
    high: Floats
    p: Floats
    """Two-sided, by `exact_flip_p`; 1 in an empty stratum."""
    size: Counts
    num_groups: Counts


def exact_flip_p(sums: Counts) -> float:
    """Return the two-sided p of no difference, from the sum of differences [G] within each group.

    If the models are exchangeable, base and head may be swapped in any whole group: all 2^G signs of the sums are
    equally probable, and p is the share of them whose total is at least as far from zero as the one seen. Exact for any
    number and size of groups (Fisher's randomization test; with sums of -1, 0 and 1 McNemar's, Psychometrika 12 (1947)
    153-157, in its exact form).
    """
    sizes, counts = np.unique(np.abs(sums[sums != 0]), return_counts=True)
    total = int(np.abs(np.sum(sums)))
    if total == 0:
        return 1.0
    if sizes[-1] == 1:
        num_moved = int(counts[0])
        return float(_binomial_p(np.array([(num_moved - total) // 2]), np.array([num_moved]))[0])
    # The sum of the groups that stay positive, U, is a sum of k * Binomial(n_k, 1/2); the total is 2U - sum(k n_k).
    probability = np.ones(1)
    for size, count in zip(sizes.tolist(), counts.tolist(), strict=True):
        probability = _add_multiples(probability, size, laws.binomial_pmf(np.arange(count + 1), count, 0.5))
    least = (total + int(sizes @ counts)) // 2
    # From the smallest up, so that a tiny tail keeps its digits.
    return float(min(1.0, 2 * probability[least:][::-1].sum()))


def _add_multiples(probability: Floats, step: int, other: Floats) -> Floats:
    """Return the distribution of X + step * Y from those of X and Y: one convolution for each remainder."""
    both = np.zeros(len(probability) + step * (len(other) - 1))
    for remainder in range(min(step, len(probability))):
        both[remainder::step] = np.convolve(probability[remainder::step], other)
    return both


def _binomial_p(fewer: Counts, moved: Counts) -> Floats:
    """Return the two-sided p that a fair coin falls on its rarer side at most `fewer` times of `moved`, elementwise."""
    p: Floats = np.minimum(1.0, 2 * laws.binomial_cdf(fewer, moved, 0.5))
    return p


def sampled_flip_p(sums: Floats, *, num_samples: int, seed: int) -> float:
    """Return `exact_flip_p` for real-valued sums [G] from `num_samples` random flips: (1 + as far) / (1 + all).

    Never too small, however few the samples: Phipson & Smyth, Stat. Appl. Genet. Mol. Biol. 9 (2010) 39.
    """
    sums = sums[sums != 0]
    if not len(sums):
        return 1.0
    generator = np.random.default_rng(seed)
    # Equal in exact arithmetic must count as equal.
    least = abs(float(sums.sum())) - _ROUNDING * float(np.abs(sums).sum())
    chunk = max(1, _CHUNK_CELLS // len(sums))
    num_as_far = 0
    for start in range(0, num_samples, chunk):
        shape = (min(chunk, num_samples - start), -(-len(sums) // 8))
        octets = generator.integers(256, size=shape, dtype=np.uint8)
        is_kept = np.unpackbits(octets, axis=1, count=len(sums)).astype(np.float64)
        num_as_far += int(np.count_nonzero(np.abs(2 * (is_kept @ sums) - sums.sum()) >= least))
    return (1 + num_as_far) / (1 + num_samples)


def paired_share_interval(differences: Counts, groups: Groups, confidence: float) -> Interval | None:
    """Return an interval for the mean of `differences` [N] in {-1, 0, 1}: the accuracy of the head minus the base's.

    Independent images: Bonett & Price, J. Educ. Behav. Stat. 37 (2012) 479-488. None with fewer than two groups.
    """
    return mean_difference_interval(differences.astype(np.float64), groups, confidence, pseudo_weight=1.0)


def mean_difference_interval(
    differences: Floats, groups: Groups, confidence: float, *, pseudo_weight: float
) -> Interval | None:
    """Return an interval for the mean of `differences` [N], or None with fewer than two groups.

    `differences` may be a difference of influence functions plus the difference of the metrics. Where a metric counts
    right answers, `pseudo_weight` is N times what one image moves it by: one image of that weight is added on either
    side (Bonett & Price), so that few or no flips are not taken for certainty. For accuracy it is 1, for a mean over K
    classes the root mean square of N / (K * support). 0 for continuous scores: the mean and t standard errors.
    """
    if groups.count < LEAST:
        return None
    if pseudo_weight == 0:
        mean = float(differences.mean())
        reach = critical_value(confidence, groups) * np.sqrt(groups.variance_of_mean(differences))
        return Interval(float(mean - reach), float(mean + reach))
    moments = _moments(differences, np.zeros(len(differences), dtype=np.int64), 1, groups)
    low, high = _pseudo_bounds(moments, pseudo_weight, confidence)
    return Interval(float(low[0]), float(high[0]))


def stratified_paired_shares(
    differences: Counts, strata: Counts, num_strata: int, groups: Groups, confidence: float
) -> PairedShares:
    """Return the mean of `differences` [N] in {-1, 0, 1} within each of the strata [N], codes in [0, num_strata).

    Each stratum as `paired_share_interval` and `exact_flip_p` see it alone; a group may lie in several.
    """
    moments = _moments(differences.astype(np.float64), strata, num_strata, groups)
    low, high = _pseudo_bounds(moments, 1.0, confidence)
    p = _stratified_p(np.rint(moments.sums).astype(np.int64), moments.strata, num_strata)
    return PairedShares(moments.mean, low, high, p, moments.size.astype(np.int64), moments.num_groups)


class _Moments(NamedTuple):
    """What the differences in each stratum [S] look like, and their sums in each cell [C] of stratum and group."""

    mean: Floats
    mean_square: Floats
    variance: Floats
    """Of the mean, over draws of whole groups."""
    size: Floats
    num_groups: Counts
    num_moved: Floats
    """Groups that carry the squared differences; of -1, 0 and 1 about the number of groups with any flip."""
    mean_members: Floats
    """Images in the group of an image, on average: how much fewer witnesses there are if groups move as a whole."""
    sums: Floats
    strata: Counts
    """The stratum of each cell, ascending."""


def _moments(differences: Floats, strata: Counts, num_strata: int, groups: Groups) -> _Moments:
    pairs, cell = np.unique(strata * groups.count + groups.codes, return_inverse=True)
    stratum = pairs // max(groups.count, 1)
    members = _totals(np.ones(len(differences)), cell, len(pairs))
    sums = _totals(differences, cell, len(pairs))
    squares = _totals(differences**2, cell, len(pairs))

    def by_stratum(values: Floats) -> Floats:
        return _totals(values, stratum, num_strata)

    size = by_stratum(members)
    num_groups = np.bincount(stratum, minlength=num_strata).astype(np.int64)
    total = by_stratum(squares)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = by_stratum(sums) / size
        variance = num_groups / (num_groups - 1) * by_stratum((sums - members * mean[stratum]) ** 2) / size**2
        num_moved = np.where(total > 0, total**2 / by_stratum(squares**2), 0.0)
        mean_square = total / size
        mean_members = by_stratum(members**2) / size
    return _Moments(mean, mean_square, variance, size, num_groups, num_moved, mean_members, sums, stratum)


def _totals(values: Floats, codes: Counts, num_codes: int) -> Floats:
    return np.bincount(codes, weights=values, minlength=num_codes).astype(np.float64)


def _pseudo_bounds(moments: _Moments, weight: float, confidence: float) -> tuple[Floats, Floats]:
    """Return both ends of Bonett & Price's interval, each [S], at the effective size of each stratum.

    That size gives the variance over whole groups and Student's t, as in `intervals.stratified_shares`. From few moved
    groups the variance is hardly known: one more counts that moved as a whole.
    """
    z = normal_quantile(confidence)
    t = laws.t_quantile((1 + confidence) / 2, np.maximum(moments.num_groups - 1, 1))
    with np.errstate(invalid="ignore", divide="ignore"):
        independent_variance = np.maximum(moments.mean_square - moments.mean**2, 0.0) / moments.size
        inflation = np.maximum(moments.variance / independent_variance, 1.0)
        inflation = np.where(moments.variance > 0, inflation, moments.mean_members)
        inflation = (moments.num_moved * inflation + moments.mean_members) / (moments.num_moved + 1) * (t / z) ** 2
        inflation = np.where(moments.num_groups == moments.size, 1.0, inflation)
        size = np.where(moments.num_groups < LEAST, np.nan, moments.size / inflation)
        centre = size * moments.mean / (size + 2)
        square = (size * moments.mean_square + 2 * weight**2) / (size + 2)
        reach = z * np.sqrt((square - centre**2) / (size + 2))
        most = np.maximum(weight, np.abs(moments.mean))
        low, high = np.maximum(centre - reach, -most), np.minimum(centre + reach, most)
        return np.minimum(low, moments.mean), np.maximum(high, moments.mean)


def _stratified_p(sums: Counts, strata: Counts, num_strata: int) -> Floats:
    """Return `exact_flip_p` of the `sums` [C] of each stratum, all strata without larger sums at once."""
    fixed = np.bincount(strata, weights=sums > 0, minlength=num_strata).astype(np.int64)
    moved = np.bincount(strata, weights=sums != 0, minlength=num_strata).astype(np.int64)
    p = _binomial_p(np.minimum(fixed, moved - fixed), moved)
    for stratum in np.unique(strata[np.abs(sums) > 1]):
        start, end = np.searchsorted(strata, [stratum, stratum + 1])
        p[stratum] = exact_flip_p(sums[start:end])
    return p
