"""What the rounds of a service came to, and how sure that is: rounds are drawn again, the same ones for everybody."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import NamedTuple, TypeVar

import numpy as np

from winnow.load_test.answers import Answer
from winnow.load_test.summary import Latency
from winnow.stats.bootstrap import Resampling, resampled_rows
from winnow.stats.groups import independent

LIMIT_MS = 100.0
FEW_REFUSED = 0.01
_RESAMPLING = Resampling(num_samples=1000, seed=0, confidence=0.95)

T = TypeVar("T")
Draw = Iterable[int]
"""Which rounds count, some of them more than once."""


class Probe(NamedTuple):
    """What came of one rate in one round."""

    latencies_ms: list[float]
    num_refused: int
    badness: float
    """How near it is to what is not kept any more: p99 and refusals over their limits; no error is kept."""

    @classmethod
    def of(cls, answers: Sequence[Answer]) -> "Probe":
        """Return what came of these."""
        good_ms = [each.latency_ms for each in answers if each.is_good]
        num_refused, latency = sum(each.is_refused for each in answers), Latency.of(good_ms)
        if latency is None or len(good_ms) + num_refused < len(answers):
            return cls(good_ms, num_refused, float("inf"))
        return cls(good_ms, num_refused, max(latency.p99_ms / LIMIT_MS, num_refused / len(answers) / FEW_REFUSED))


class Closed(NamedTuple):
    """What came of clients that ask again at once, in one round."""

    num_answered: int
    duration_s: float
    cpu_s: float
    """What the processor worked for an answer."""


@dataclass
class Rounds:
    """What a service was asked, round by round."""

    closed: list[Closed] = field(default_factory=list)
    at_rate: dict[float, list[Probe]] = field(default_factory=dict)
    """By arrivals a second."""

    def closed_per_s(self, draw: Draw = ()) -> float:
        """Return the answers a second to clients that ask again at once."""
        drawn = _drawn(self.closed, draw)
        return sum(each.num_answered for each in drawn) / sum(each.duration_s for each in drawn)

    def cpu_s(self, draw: Draw = ()) -> float:
        """Return what the processor works for an answer to them."""
        drawn = _drawn(self.closed, draw)
        return sum(each.cpu_s for each in drawn) / len(drawn)

    def best_per_s(self, draw: Draw = ()) -> float:
        """Return the rate that is just kept, on the line between the last one that was and the next; 0: none was."""
        # The machine stands still for a quarter of a second now and then: not all of a rate's requests in one heap.
        bad = {rate: median(each.badness for each in _drawn(probes, draw)) for rate, probes in self.at_rate.items()}
        rates = sorted(bad)
        kept = [number for number, rate in enumerate(rates) if bad[rate] <= 1]
        if not kept:
            return 0.0
        last, following = rates[kept[-1]], rates[kept[-1] + 1 :][:1]
        return max([last, *(last + (rate - last) * (1 - bad[last]) / (bad[rate] - bad[last]) for rate in following)])


def interval(statistic: Callable[[Draw], float], num_rounds: int) -> tuple[float, float]:
    """Return the percentile interval over rounds that were drawn again (bootstrap); rough, for there are few rounds."""
    values = [statistic(draw) for draw in resampled_rows(independent(num_rounds), _RESAMPLING)]
    beyond = (1 - _RESAMPLING.confidence) / 2
    # Infinite where the other one kept no rate: that counts, and `percentile_interval` would leave it out.
    low, high = np.quantile(values, (beyond, 1 - beyond), method="inverted_cdf")
    return float(low), float(high)


def _drawn(rounds: Sequence[T], draw: Draw) -> Sequence[T]:
    # Of a rate that was given up there are fewer rounds than of the others.
    return [rounds[number] for number in draw if number < len(rounds)] or rounds
