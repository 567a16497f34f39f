"""What a load test found: latencies of those who were answered, and how many were refused or failed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from winnow.load_test.answers import Answer
from winnow.load_test.plan import Plan


@dataclass(frozen=True)
class Latency:
    """Percentiles in milliseconds, by nearest rank: each is a latency that somebody had."""

    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float

    @classmethod
    def of(cls, values_ms: Sequence[float]) -> "Latency | None":
        """Return None where there is nothing."""
        if not values_ms:
            return None
        p50, p95, p99 = np.quantile(values_ms, (0.5, 0.95, 0.99), method="inverted_cdf")
        return cls(*(round(float(each), 3) for each in (p50, p95, p99, max(values_ms))))


@dataclass(frozen=True)
class Summary:
    """One run without its warm-up."""

    num_asked: int
    num_answered: int
    num_refused: int
    """503: the service is full, or not ready."""

    num_errors: int
    """All the rest: other statuses, broken connections, no answer in time."""

    asked_per_s: float
    answered_per_s: float
    latency: Latency | None
    """Of those who were answered, from when they were due."""

    refusal: Latency | None
    """Of those who were refused."""

    client_late_p99_ms: float
    """How long a request was due here before it was sent: much of it says that the client was the bottleneck."""

    statuses: dict[str, int]
    errors: dict[str, int]
    """The most frequent texts of what was no answer at all."""

    @property
    def error_fraction(self) -> float:
        """Errors of all that was asked; refusals are none."""
        return self.num_errors / self.num_asked if self.num_asked else 0.0

    @property
    def refused_fraction(self) -> float:
        """Refusals of all that was asked."""
        return self.num_refused / self.num_asked if self.num_asked else 0.0


_NUM_ERRORS = 5


def counted(answers: Sequence[Answer], plan: Plan) -> list[Answer]:
    """Return those that were due after the warm-up."""
    return [each for each in answers if plan.warm_up_s <= each.due_s < plan.end_s]


def summarize(answers: Sequence[Answer], plan: Plan) -> Summary:
    """Return what came of the requests that count."""
    answers = counted(answers, plan)
    good = [each for each in answers if each.is_good]
    refused = [each for each in answers if each.is_refused]
    late_ms = [(each.sent_s - each.due_s) * 1000 for each in answers]
    late = Latency.of(late_ms)
    statuses = Counter(str(each.status or "none") for each in answers)
    errors = Counter(each.error for each in answers if each.error)
    return Summary(
        num_asked=len(answers),
        num_answered=len(good),
        num_refused=len(refused),
        num_errors=len(answers) - len(good) - len(refused),
        asked_per_s=round(len(answers) / plan.duration_s, 3),
        answered_per_s=round(len(good) / plan.duration_s, 3),
        latency=Latency.of([each.latency_ms for each in good]),
        refusal=Latency.of([each.latency_ms for each in refused]),
        client_late_p99_ms=late.p99_ms if late else 0.0,
        statuses=dict(sorted(statuses.items())),
        errors=dict(errors.most_common(_NUM_ERRORS)),
    )
