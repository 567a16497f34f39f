"""Quantiles and tails of the few distributions that are needed.

They are scipy.stats' own numbers, from the functions below it (`scipy.special`): importing scipy.stats takes longer
than the whole comparison of two models on ten thousand images.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Floats = NDArray[np.float64]


def normal_quantile(probability: float) -> float:
    """Return x such that a standard normal variable is at most x with this probability."""
    return float(special.ndtri(probability))


def normal_tail(x: ArrayLike) -> Floats:
    """Return the probability that a standard normal variable is above `x`, elementwise."""
    tail: Floats = special.ndtr(np.negative(x))
    return tail


def normal_density(x: ArrayLike) -> Floats:
    """Return the density of the standard normal distribution, elementwise."""
    density: Floats = np.exp(-np.square(x) / 2) / np.sqrt(2 * np.pi)
    return density


def t_quantile(probability: float, freedom: ArrayLike) -> Floats:
    """Return the quantile of Student's t with `freedom` degrees (infinity: normal), elementwise."""
    quantile: Floats = special.stdtrit(np.asarray(freedom, dtype=np.float64), probability)
    return quantile


def t_tail(x: float, freedom: float) -> float:
    """Return the probability that Student's t with `freedom` degrees (infinity: normal) is above `x`."""
    return float(normal_tail(x)) if np.isinf(freedom) else float(special.stdtr(freedom, -x))


def chi_square_quantile(probability: ArrayLike, freedom: float) -> Floats:
    """Return the quantiles of the chi-square distribution with `freedom` degrees, elementwise."""
    quantile: Floats = special.chdtri(freedom, np.subtract(1.0, probability))
    return quantile


def binomial_cdf(count: ArrayLike, trials: ArrayLike, share: float) -> Floats:
    """Return the probability of at most `count` successes in `trials` trials, elementwise; 0 below zero successes."""
    count, trials = np.broadcast_arrays(np.asarray(count, dtype=np.float64), np.asarray(trials, dtype=np.float64))
    inside = (count >= 0) & (count < trials)
    low, left = np.where(inside, count, 0.0), np.where(inside, trials - count, 1.0)
    return np.where(inside, special.betainc(left, low + 1, 1 - share), np.where(count < 0, 0.0, 1.0))


def binomial_pmf(count: ArrayLike, trials: int, share: float) -> Floats:
    """Return the probability of exactly `count` successes in `trials` trials, elementwise; 0 < `share` < 1."""
    count = np.asarray(count, dtype=np.float64)
    rest = trials - count
    ways = special.gammaln(trials + 1) - special.gammaln(count + 1) - special.gammaln(rest + 1)
    pmf: Floats = np.exp(ways + special.xlogy(count, share) + special.xlog1py(rest, -share))
    return pmf
