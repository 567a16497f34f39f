"""What is asked of each service in the benchmark of serving; the client is that of `winnow load` for all of them."""

import os
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from multiprocessing import get_context

from _pictures import say
from _served import FIELD, Served, ask

from winnow.load_test.answers import Answer
from winnow.load_test.pictures import Picture
from winnow.load_test.plan import Plan
from winnow.load_test.running import run
from winnow.load_test.summary import Latency, Summary, summarize

LIMIT_MS = 100.0
FEW_REFUSED = 0.01
NICE = 5
"""How far the clients stand back behind the service."""
MOST_PLANS = 2


@dataclass(frozen=True)
class Pace:
    """How long each question is asked, in seconds."""

    probe_s: float = 6.0
    low_s: float = 15.0
    overload_s: float = 8.0
    num_probes: int = 6
    num_users: int = 8
    num_pairs: int = 3
    low_rate_per_s: float = 4.0
    timeout_s: float = 4.0


TRIAL = Pace(probe_s=1.0, low_s=1.5, overload_s=1.5, num_probes=1, num_pairs=1, timeout_s=1.0)


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
    """The highest arrival rate found with p99 within the limit; 0: none."""

    overload: Summary
    overload_service: Latency | None
    """Of accepted requests at ten times that rate, from when they were sent: the client's own queue apart."""


class Prober:
    """Asks one service."""

    def __init__(self, served: Served, path: str, pictures: Sequence[Picture], pace: Pace) -> None:
        self._served = served
        self._path = path
        self._pictures = pictures
        self._pace = pace

    def examine(self) -> Found:
        """Ask everything; the hardest question comes last."""
        low = self.at_rate(self._pace.low_rate_per_s, self._pace.low_s)
        closed, cpu_ms = self._closed()
        best = self._best(closed.answered_per_s)
        memory_mb = self._served.memory_mb
        rate = 10 * (best or closed.answered_per_s or 1.0)
        plan, answers = self._ask(rate_per_s=rate, duration_s=self._pace.overload_s)
        overload = summarize(answers, plan)
        service = Latency.of([(each.ended_s - each.sent_s) * 1000 for each in answers if _counts(each, plan)])
        say(
            f"  overload: {rate:.0f}/s: {overload.answered_per_s:.0f} answered, {overload.refused_fraction:.0%} refused"
        )
        return Found(
            cold_start_s=self._served.cold_start_s,
            memory_mb=memory_mb,
            low=low.latency,
            closed_per_s=closed.answered_per_s,
            cpu_ms=cpu_ms,
            best_per_s=best,
            overload=overload,
            overload_service=service,
        )

    def at_rate(self, rate_per_s: float, duration_s: float) -> Summary:
        """Return what came of so many arrivals a second."""
        plan, answers = self._ask(rate_per_s=rate_per_s, duration_s=duration_s)
        return summarize(answers, plan)

    def _closed(self) -> tuple[Summary, float]:
        before_s = self._served.cpu_s
        plan, answers = self._ask(num_users=self._pace.num_users, duration_s=self._pace.probe_s)
        cpu_ms = 1000 * (self._served.cpu_s - before_s) / max(1, sum(each.is_good for each in answers))
        found = summarize(answers, plan)
        say(f"  closed loop: {found.answered_per_s:.0f}/s, {cpu_ms:.1f} ms of processor each")
        return found, cpu_ms

    def _best(self, closed_per_s: float) -> float:
        """Return the highest rate that was kept, by halving the interval where it must lie."""
        low, high = 0.0, 1.2 * closed_per_s
        for _ in range(self._pace.num_probes):
            rate = (low + high) / 2
            found = self.at_rate(rate, self._pace.probe_s)
            is_kept = keeps(found)
            say(
                f"  {rate:.1f}/s: {found.latency.p99_ms if found.latency else 0:.0f} ms, {'kept' if is_kept else 'not'}"
            )
            low, high = (rate, high) if is_kept else (low, rate)
            if not is_kept:
                self._settle()
        return low

    def _ask(self, *, rate_per_s: float = 0.0, num_users: int = 0, duration_s: float) -> tuple[Plan, list[Answer]]:
        plan = Plan(
            self._served.url,
            self._path,
            rate_per_s,
            num_users,
            duration_s=duration_s,
            warm_up_s=min(1.5, duration_s / 2),
            timeout_s=self._pace.timeout_s,
            form_field=FIELD,
        )
        return plan, run_aside(plan, self._pictures)

    def _settle(self) -> None:
        """Wait until what was left over from too much load is done."""
        for _ in range(30):
            started = time.monotonic()
            if ask(self._served.url + self._path, self._pictures[0]) == 200 and time.monotonic() - started < 0.5:
                return
            time.sleep(0.2)


def run_aside(plan: Plan, pictures: Sequence[Picture]) -> list[Answer]:
    """Carry a plan out behind the service: its clients get what it leaves of the cores, as if they had their own."""
    return _aside().submit(run, plan, pictures).result()


@cache
def _aside() -> ProcessPoolExecutor:
    stand_back = partial(os.nice, NICE) if hasattr(os, "nice") else None
    return ProcessPoolExecutor(MOST_PLANS, mp_context=get_context("spawn"), initializer=stand_back)


def keeps(found: Summary) -> bool:
    """Return whether p99 was within the limit, without an error, and nearly nobody was refused."""
    is_quick = found.latency is not None and found.latency.p99_ms < LIMIT_MS
    return is_quick and not found.num_errors and found.refused_fraction <= FEW_REFUSED


def _counts(each: Answer, plan: Plan) -> bool:
    return each.is_good and plan.warm_up_s <= each.due_s < plan.end_s
