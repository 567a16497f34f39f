"""When requests arrive in an open loop."""

import random
from collections.abc import Iterator


def arrivals(rate_per_s: float, end_s: float, seed: int) -> Iterator[float]:
    """Yield times in seconds from 0 to `end_s`, in order.

    They are those of a Poisson process: the pauses between people who know nothing of each other are exponentially
    distributed, so that some come at once. Evenly spaced requests would flatter a queue.
    """
    draw = random.Random(seed)  # noqa: S311 - for a load test, not for a secret
    time_s = draw.expovariate(rate_per_s)
    while time_s < end_s:
        yield time_s
        time_s += draw.expovariate(rate_per_s)
