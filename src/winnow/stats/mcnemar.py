"""What McNemar's exact test can find: its power, and the least difference that it finds often enough."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from winnow.stats.laws import binomial_cdf, binomial_pmf

Floats = NDArray[np.float64]

# Beyond so many deviations, and as many images, no count is probable enough to matter (1e-12).
_REACH_DEVIATIONS = 8.0
_REACH_IMAGES = 40
_HALVINGS = 26


class _Rejection(NamedTuple):
    """How many images may move, how probably, and from how few on the rarer side on the test rejects; each [M]."""

    num_moved: Floats
    probability: Floats
    most: Floats
    """The test rejects when at most so many of the moved images are fixed, or broken; -1: never."""


def exact_power(num_images: int, disagreement: float, difference: float, alpha: float) -> float:
    """Return how probably the exact two-sided test at level `alpha` rejects.

    Of `num_images` independent images a share `disagreement` is right with one model only; the accuracies differ by
    `difference`, at most as much. No approximation: a sum over how many images moved (Connor, Biometrics 43 (1987)
    207-211; Duffy, Biometrics 40 (1984) 1005-1015).
    """
    return _power(_rejection(num_images, disagreement, alpha), difference / disagreement) if disagreement > 0 else 0.0


def detectable_difference(num_images: int, disagreement: float, *, alpha: float, power: float) -> float | None:
    """Return the least true difference of the accuracies that the exact test finds with probability `power`.

    None when it would not find even the largest that this `disagreement` allows.
    """
    if disagreement <= 0:
        return None
    rejection = _rejection(num_images, disagreement, alpha)
    if _power(rejection, 1.0) < power:
        return None
    if _power(rejection, 0.0) >= power:
        return 0.0
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if _power(rejection, middle) >= power else (middle, high)
    return high * disagreement


def _rejection(num_images: int, disagreement: float, alpha: float) -> _Rejection:
    mean = num_images * disagreement
    reach = _REACH_DEVIATIONS * np.sqrt(mean * (1 - disagreement)) + _REACH_IMAGES
    num_moved = np.arange(max(0, np.floor(mean - reach)), min(num_images, np.ceil(mean + reach)) + 1)
    certain = disagreement >= 1
    probability = (num_moved == num_images) if certain else binomial_pmf(num_moved, num_images, disagreement)
    return _Rejection(num_moved, np.asarray(probability, dtype=np.float64), _most(num_moved, alpha / 2))


def _most(num_moved: Floats, level: float) -> Floats:
    """Return the largest count whose lower tail is at most `level`, by bisection; -1 where there is none."""
    low, high = np.full(len(num_moved), -1.0), num_moved.copy()
    while np.any(high - low > 1):
        middle = np.floor((low + high) / 2)
        fits = binomial_cdf(middle, num_moved, 0.5) <= level
        low, high = np.where(fits, middle, low), np.where(fits, high, middle)
    return low


def _power(rejection: _Rejection, share: float) -> float:
    """Return the probability of rejection where the mended are `share` more of the moved images than the broken."""
    can = rejection.most >= 0
    num_moved, most = rejection.num_moved[can], rejection.most[can]
    tails = sum(binomial_cdf(most, num_moved, (1 + sign * share) / 2) for sign in (1, -1))
    return float(rejection.probability[can] @ tails)
