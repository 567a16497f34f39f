"""What is asked of each service in the benchmark of serving.

All of them run at the same time, and each question goes to one after the other, in rounds: a machine that is shared
with others is slower in one minute than in the next, and that must not decide who is ahead. Of the rounds at a rate the
median counts: the machine stands still for a quarter of a second now and then.
"""

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from multiprocessing import get_context
from statistics import median

from _flood import flood
from _pictures import say
from _served import FIELD, Served, ask

from winnow.load_test.answers import Answer
from winnow.load_test.pictures import Picture
from winnow.load_test.plan import Plan
from winnow.load_test.running import run
from winnow.load_test.summary import Latency, Summary, counted, summarize

LIMIT_MS = 100.0
FEW_REFUSED = 0.01
HOPELESS = 2.0
"""A rate that was so many times beyond a limit in two rounds is not asked again, nor is a higher one."""
NICE = 5
"""How far the clients stand back behind the service."""
MOST_PLANS = 2


@dataclass(frozen=True)
class Pace:
    """How long each question is asked, in seconds, and how often."""

    num_rounds: int = 3
    probe_s: float = 5.0
    low_s: float = 10.0
    overload_s: float = 8.0
    num_users: int = 8
    low_rate_per_s: float = 4.0
    fractions: tuple[float, ...] = (0.4, 0.55, 0.7, 0.85)
    """Rates, as parts of what eight clients get who ask again at once."""

    timeout_s: float = 4.0


TRIAL = Pace(num_rounds=1, probe_s=1.0, low_s=1.5, overload_s=1.5, fractions=(0.4,), timeout_s=1.0)


@dataclass(frozen=True)
class Found:
    """What was found about one service."""

    cold_start_s: float
    memory_mb: float
    low: Latency | None
    closed_per_s: float
    """Answers a second to clients that ask again at once."""

    cpu_ms: float
    """What the processor worked for each of them in the service, clients apart."""

    best_per_s: float
    """The highest arrival rate with p99 within the limit, between those that were asked; 0: none."""

    overload: Summary
    overload_service: Latency | None
    """Of accepted requests at ten times that rate, from when they were sent: the client's own queue apart."""


class Prober:
    """Asks one service."""

    def __init__(self, served: Served, title: str, path: str, pictures: Sequence[Picture], pace: Pace) -> None:
        self._served = served
        self._title = title
        self._path = path
        self._pictures = pictures
        self._pace = pace
        self._low_ms: list[float] = []
        self._rates: dict[float, list[float]] = {}
        """How bad each round was at each part of the closed rate."""

        self._num_closed, self._closed_s, self._closed_cpu_s = 0, 0.0, 0.0
        self._memory_mb = 0.0

    def ask_low(self) -> None:
        """Ask as seldom as people do who are alone."""
        answers, plan = self._ask(rate_per_s=self._pace.low_rate_per_s, duration_s=self._pace.low_s)
        self._low_ms += [each.latency_ms for each in _good(answers, plan)]

    def ask_closed(self) -> None:
        """Ask again as soon as there is an answer."""
        before_s = self._served.cpu_s
        answers, plan = self._ask(num_users=self._pace.num_users, duration_s=self._pace.probe_s)
        self._closed_cpu_s += (self._served.cpu_s - before_s) / max(1, sum(each.is_good for each in answers))
        self._num_closed += len(_good(answers, plan))
        self._closed_s += self._pace.probe_s
        self._memory_mb = max(self._memory_mb, self._served.memory_mb)

    def climb(self, fraction: float) -> None:
        """Ask at a part of the closed rate, unless a lower one was far too much already."""
        if any(is_hopeless(rounds) for lower, rounds in self._rates.items() if lower <= fraction):
            return
        rate = fraction * self._closed_per_s
        found = self.at_rate(rate, self._pace.probe_s)
        bad = badness(found)
        self._rates.setdefault(fraction, []).append(bad)
        p99_ms = found.latency.p99_ms if found.latency else 0.0
        say(f"  {self._title}, {rate:.1f}/s: {p99_ms:.0f} ms, {found.num_refused} refused")
        if bad > HOPELESS:
            self._settle()

    def overload(self) -> Found:
        """Ask ten times as often as it can answer, and return all that was found."""
        best = self._best()
        rate = 10 * (best or self._closed_per_s or 1.0)
        plan = self._plan(rate_per_s=rate, duration_s=self._pace.overload_s)
        answers = _aside().submit(flood, plan, self._pictures).result()
        found = summarize(answers, plan)
        service = Latency.of([(each.ended_s - each.sent_s) * 1000 for each in _good(answers, plan)])
        share = f"{found.refused_fraction:.0%} refused"
        say(f"  {self._title}, overload: {rate:.0f}/s: {found.answered_per_s:.0f} answered, {share}")
        return Found(
            cold_start_s=self._served.cold_start_s,
            memory_mb=self._memory_mb,
            low=Latency.of(self._low_ms),
            closed_per_s=self._closed_per_s,
            cpu_ms=1000 * self._closed_cpu_s / self._pace.num_rounds,
            best_per_s=best,
            overload=found,
            overload_service=service,
        )

    def at_rate(self, rate_per_s: float, duration_s: float) -> Summary:
        """Return what came of so many arrivals a second."""
        return summarize(*self._ask(rate_per_s=rate_per_s, duration_s=duration_s))

    @property
    def _closed_per_s(self) -> float:
        return self._num_closed / self._closed_s

    def _best(self) -> float:
        """Return the rate at which the limit is met, on the line between the last one kept and the next."""
        low = Latency.of(self._low_ms)
        bad = {self._pace.low_rate_per_s: low.p99_ms / LIMIT_MS if low else float("inf")}
        bad |= {fraction * self._closed_per_s: median(rounds) for fraction, rounds in self._rates.items()}
        rates = sorted(bad)
        kept = [number for number, rate in enumerate(rates) if bad[rate] <= 1]
        if not kept:
            return 0.0
        last, following = rates[kept[-1]], rates[kept[-1] + 1 :][:1]
        return max([last, *(last + (rate - last) * (1 - bad[last]) / (bad[rate] - bad[last]) for rate in following)])

    def _plan(self, *, rate_per_s: float = 0.0, num_users: int = 0, duration_s: float) -> Plan:
        return Plan(
            self._served.url,
            self._path,
            rate_per_s,
            num_users,
            duration_s=duration_s,
            warm_up_s=min(1.5, duration_s / 2),
            timeout_s=self._pace.timeout_s,
            form_field=FIELD,
        )

    def _ask(self, *, rate_per_s: float = 0.0, num_users: int = 0, duration_s: float) -> tuple[list[Answer], Plan]:
        plan = self._plan(rate_per_s=rate_per_s, num_users=num_users, duration_s=duration_s)
        return run_aside(plan, self._pictures), plan

    def _settle(self) -> None:
        """Wait until what was left over from too much load is done."""
        for _ in range(30):
            started = time.monotonic()
            if ask(self._served.url + self._path, self._pictures[0]) == 200 and time.monotonic() - started < 0.5:
                return
            time.sleep(0.2)


def examine(probers: Sequence[Prober], pace: Pace) -> None:
    """Ask everything but the hardest question, all services in turn."""
    asked: list[Callable[[Prober], None]] = [Prober.ask_low, Prober.ask_closed]
    for ask_one in asked:
        for _ in range(pace.num_rounds):
            for each in probers:
                ask_one(each)
    for _ in range(pace.num_rounds):
        for fraction in pace.fractions:
            for each in probers:
                each.climb(fraction)


def badness(found: Summary) -> float:
    """Return how near it is to what is not kept any more: p99 and refusals over their limits; no error is kept."""
    if found.latency is None or found.num_errors:
        return float("inf")
    return max(found.latency.p99_ms / LIMIT_MS, found.refused_fraction / FEW_REFUSED)


def is_hopeless(rounds: Sequence[float]) -> bool:
    """Return whether a rate need not be asked again; one round may have met a bad moment."""
    return len(rounds) > 1 and min(rounds) > HOPELESS


def run_aside(plan: Plan, pictures: Sequence[Picture]) -> list[Answer]:
    """Carry a plan out behind the service: its clients get what it leaves of the cores, as if they had their own."""
    return _aside().submit(run, plan, pictures).result()


@cache
def _aside() -> ProcessPoolExecutor:
    stand_back = partial(os.nice, NICE) if hasattr(os, "nice") else None
    return ProcessPoolExecutor(MOST_PLANS, mp_context=get_context("spawn"), initializer=stand_back)


def _good(answers: Sequence[Answer], plan: Plan) -> list[Answer]:
    return [each for each in counted(answers, plan) if each.is_good]
