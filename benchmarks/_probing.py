"""What is asked of each service in the benchmark of serving.

All of them run at the same time, and each question goes to one after the other, in rounds: a machine that is shared
with others is slower in one minute than in the next, and that must not decide who is ahead.
"""

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from multiprocessing import get_context

from _flood import flood
from _pictures import say
from _rounds import Closed, Probe, Rounds
from _served import FIELD, Served, ask

from winnow.load_test.answers import Answer
from winnow.load_test.pictures import Picture
from winnow.load_test.plan import Plan
from winnow.load_test.running import run
from winnow.load_test.summary import Latency, Summary, counted, summarize

HOPELESS = 2.0
"""A rate that was so many times beyond a limit in two rounds is not asked again, nor is a higher one."""
NICE = 5
"""How far the clients stand back behind the service."""
MOST_PLANS = 2


@dataclass(frozen=True)
class Pace:
    """How long each question is asked, in seconds, and how often."""

    num_rounds: int = 4
    probe_s: float = 10.0
    """Of a rate. In a few seconds a queue that grows without end is not yet long."""

    closed_s: float = 5.0
    low_s: float = 7.0
    overload_s: float = 8.0
    num_users: int = 8
    low_rate_per_s: float = 4.0
    fractions: tuple[float, ...] = (0.55, 0.7, 0.85)
    """Rates, as parts of what eight clients get who ask again at once."""

    timeout_s: float = 4.0


TRIAL = Pace(num_rounds=1, probe_s=1.0, closed_s=1.0, low_s=1.5, overload_s=1.5, fractions=(0.4,), timeout_s=1.0)


@dataclass(frozen=True)
class Found:
    """What was found about one service."""

    cold_start_s: float
    memory_mb: float
    low: Latency | None
    rounds: Rounds
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
        self._rounds = Rounds()
        self._memory_mb = 0.0

    def ask_low(self) -> None:
        """Ask as seldom as people do who are alone."""
        self._probe(self._pace.low_rate_per_s, self._pace.low_s)

    def ask_closed(self) -> None:
        """Ask again as soon as there is an answer."""
        before_s = self._served.cpu_s
        answers, plan = self._ask(num_users=self._pace.num_users, duration_s=self._pace.closed_s)
        cpu_s = (self._served.cpu_s - before_s) / max(1, sum(each.is_good for each in answers))
        self._rounds.closed.append(Closed(len(_good(answers, plan)), plan.duration_s, cpu_s))
        self._memory_mb = max(self._memory_mb, self._served.memory_mb)

    def climb(self, fraction: float) -> None:
        """Ask at a part of the closed rate, unless a lower one was far too much already."""
        rate = fraction * self._rounds.closed_per_s()
        if any(_is_hopeless(probes) for lower, probes in self._rounds.at_rate.items() if lower <= rate):
            return
        probe = self._probe(rate, self._pace.probe_s)
        say(f"  {self._title}, {rate:.1f}/s: {probe.badness:.2f} of what is allowed, {probe.num_refused} refused")
        if probe.badness > HOPELESS:
            self._settle()

    def overload(self) -> Found:
        """Ask ten times as often as it can answer, and return all that was found."""
        rate = 10 * (self._rounds.best_per_s() or self._rounds.closed_per_s() or 1.0)
        plan = self._plan(rate_per_s=rate, duration_s=self._pace.overload_s)
        answers = _aside().submit(flood, plan, self._pictures).result()
        found = summarize(answers, plan)
        service = Latency.of([(each.ended_s - each.sent_s) * 1000 for each in _good(answers, plan)])
        low = self._rounds.at_rate[self._pace.low_rate_per_s]
        share = f"{found.refused_fraction:.0%} refused"
        say(f"  {self._title}, overload: {rate:.0f}/s: {found.answered_per_s:.0f} answered, {share}")
        return Found(
            cold_start_s=self._served.cold_start_s,
            memory_mb=self._memory_mb,
            low=Latency.of([each for probe in low for each in probe.latencies_ms]),
            rounds=self._rounds,
            overload=found,
            overload_service=service,
        )

    def at_rate(self, rate_per_s: float, duration_s: float) -> Summary:
        """Return what came of so many arrivals a second."""
        return summarize(*self._ask(rate_per_s=rate_per_s, duration_s=duration_s))

    def _probe(self, rate_per_s: float, duration_s: float) -> Probe:
        probe = Probe.of(counted(*self._ask(rate_per_s=rate_per_s, duration_s=duration_s)))
        self._rounds.at_rate.setdefault(rate_per_s, []).append(probe)
        return probe

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


def examine(probers: Sequence[Prober], pace: Pace, ask_limit: Callable[[], None]) -> None:
    """Ask everything but the hardest question, all services in turn, and the limit among those who get all cores."""
    for _ in range(pace.num_rounds):
        for each in probers:
            each.ask_low()
    for _ in range(pace.num_rounds):
        for each in probers:
            each.ask_closed()
        ask_limit()
    for _ in range(pace.num_rounds):
        for fraction in pace.fractions:
            for each in probers:
                each.climb(fraction)


def _is_hopeless(probes: Sequence[Probe]) -> bool:
    """Return whether a rate need not be asked again; one round may have met a bad moment."""
    return len(probes) > 1 and min(each.badness for each in probes) > HOPELESS


def run_aside(plan: Plan, pictures: Sequence[Picture]) -> list[Answer]:
    """Carry a plan out behind the service: its clients get what it leaves of the cores, as if they had their own."""
    return _aside().submit(run, plan, pictures).result()


@cache
def _aside() -> ProcessPoolExecutor:
    stand_back = partial(os.nice, NICE) if hasattr(os, "nice") else None
    return ProcessPoolExecutor(MOST_PLANS, mp_context=get_context("spawn"), initializer=stand_back)


def _good(answers: Sequence[Answer], plan: Plan) -> list[Answer]:
    return [each for each in counted(answers, plan) if each.is_good]
