"""From numbers to a word: better, worse, equivalent or inconclusive."""

from winnow.stats.intervals import Interval
from winnow.verdict.record.evidence import Call, Direction


def decide(
    *, difference: float, interval: Interval | None, p: float, alpha: float, margin: float, direction: Direction
) -> tuple[Call, bool]:
    """Return the call, and whether the whole interval lies inside +-margin.

    A significant difference is called by its sign, even where it is too small to matter: the second answer tells that.
    "Equivalent" needs evidence, an interval inside the margin; a difference that was merely not found is inconclusive.
    """
    is_within = interval is not None and -margin < interval.low and interval.high < margin
    if p <= alpha and difference != 0:
        return "better" if (difference > 0) == (direction == "higher") else "worse", is_within
    return "equivalent" if is_within else "inconclusive", is_within
