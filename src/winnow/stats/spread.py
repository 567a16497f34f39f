"""How much a number varies from one training seed to another."""

import numpy as np
from numpy.typing import NDArray

from winnow.stats import laws
from winnow.stats.intervals import Interval


def deviation_interval(values: NDArray[np.float64], confidence: float) -> tuple[float, Interval]:
    """Return the standard deviation of `values` [K], at least two, and its interval.

    By the chi-square distribution of K-1 degrees, as for normal values: Cochran, Math. Proc. Camb. Phil. Soc. 30 (1934)
    178-191. With few seeds it is wide: of three, from half to six times the estimate.
    """
    freedom = len(values) - 1
    deviation = float(np.std(values, ddof=1))
    low, high = deviation * np.sqrt(
        freedom / laws.chi_square_quantile([(1 + confidence) / 2, (1 - confidence) / 2], freedom)
    )
    return deviation, Interval(float(low), float(high))
