"""Watching a canary: questions of our own at a steady pace, and what real requests got, held against limits."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle

from deploy.release.asking import Answer, Service
from deploy.release.errors import CanaryError
from deploy.release.pictures import Picture
from deploy.release.smoke import problem_of

_FEW = 20
"""Below this many answers one bad one decides nothing before the time is up."""

_EVERY_S = 30.0
"""How often it is asked what real requests got."""


@dataclass(frozen=True)
class Limits:
    """How long a canary is watched, and what it may cost."""

    watch_s: float = 300.0
    pause_s: float = 0.5
    max_error_fraction: float = 0.01
    max_p95_ms: float = 1000.0


@dataclass(frozen=True)
class Seen:
    """What some requests got."""

    num_requests: int
    num_errors: int
    p95_ms: float

    @classmethod
    def of(cls, answers: Sequence[tuple[bool, float]]) -> "Seen":
        """Return the account of pairs of (is it an error, duration in ms)."""
        return cls(len(answers), sum(is_error for is_error, _ in answers), p95([each for _, each in answers]))

    def problem(self, limits: Limits) -> str:
        """Return which limit is broken, empty when none is."""
        if self.num_errors > limits.max_error_fraction * self.num_requests:
            return f"{self.num_errors} of {self.num_requests} failed; allowed are {limits.max_error_fraction:.2%}"
        if self.num_requests and self.p95_ms > limits.max_p95_ms:
            return f"p95 is {self.p95_ms:.0f} ms; allowed are {limits.max_p95_ms:.0f} ms"
        return ""


def p95(durations_ms: Sequence[float]) -> float:
    """Return the smallest duration that 95 % of the requests did not exceed (nearest rank); 0 for none."""
    return sorted(durations_ms)[math.ceil(0.95 * len(durations_ms)) - 1] if durations_ms else 0.0


RealRequests = Callable[[], Sequence[tuple[bool, float]] | None]
"""What real requests got since the canary began, as pairs for `Seen.of`; None where that is not known."""


def watch(
    service: Service, pictures: Sequence[Picture], labels: frozenset[str], limits: Limits, real: RealRequests
) -> dict[str, object]:
    """Ask the canary until the time is up and return what was seen.

    Raises CanaryError as soon as a limit is broken by enough answers, or at the end by however few.
    """
    started = asked_s = time.monotonic()
    probes: list[tuple[bool, float]] = []
    for picture in cycle(pictures):
        answer = service.ask("/v1/predict", picture.content, picture.content_type)
        probes.append((is_failure(answer, labels), answer.duration_ms))
        is_over = time.monotonic() - started >= limits.watch_s
        if is_over or len(probes) >= _FEW:
            _judge("asked by us", Seen.of(probes), limits)
        if is_over:
            break
        if time.monotonic() - asked_s >= _EVERY_S:
            asked_s = time.monotonic()
            if len(answers := real() or []) >= _FEW:
                _judge("real requests", Seen.of(answers), limits)
        time.sleep(limits.pause_s)
    report: dict[str, object] = {"watched_s": round(time.monotonic() - started, 3), "probes": vars(Seen.of(probes))}
    final = real()
    if final is not None:
        users = Seen.of(final)
        _judge("real requests", users, limits)
        report["requests"] = vars(users)
    return report


def is_failure(answer: Answer, labels: frozenset[str]) -> bool:
    """Return whether a valid picture was not answered with classes."""
    return answer.is_error or bool(problem_of(answer, labels))


def _judge(who: str, seen: Seen, limits: Limits) -> None:
    if problem := seen.problem(limits):
        raise CanaryError(f"the canary ({who}): {problem}")
