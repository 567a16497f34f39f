"""Many tests at once."""

import numpy as np
from numpy.typing import NDArray


def holm(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the adjusted `p` [T] of a family of tests: those at most alpha hold together, with one error at most.

    That is, the chance of any false one is at most alpha, whatever depends on what: Holm, Scand. J. Stat. 6 (1979)
    65-70.
    """
    order = np.argsort(p, kind="stable")
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)))
    return adjusted
