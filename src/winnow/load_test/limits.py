"""What a service is held to in a load test."""

from dataclasses import dataclass

from winnow.errors import UsageError
from winnow.load_test.summary import Summary


@dataclass(frozen=True)
class Limits:
    """Each limit that is given must be kept; None: not asked for."""

    max_p95_ms: float | None = None
    max_p99_ms: float | None = None
    max_error_fraction: float = 0.0
    max_refused_fraction: float | None = None
    min_answered_per_s: float | None = None

    def broken(self, summary: Summary) -> list[str]:
        """Return a sentence for each limit that was not kept; where nothing was answered, that alone is one."""
        if not summary.num_answered:
            return [f"none of {summary.num_asked} requests was answered"]
        assert summary.latency is not None, "somebody was answered"
        at_most = (
            ("p95", summary.latency.p95_ms, self.max_p95_ms, " ms"),
            ("p99", summary.latency.p99_ms, self.max_p99_ms, " ms"),
            ("errors", summary.error_fraction, self.max_error_fraction, " of all"),
            ("refused", summary.refused_fraction, self.max_refused_fraction, " of all"),
        )
        found = [
            f"{name}: expected at most {limit:g}{unit}, got {value:.4g}"
            for name, value, limit, unit in at_most
            if limit is not None and value > limit
        ]
        least = self.min_answered_per_s
        if least is not None and summary.answered_per_s < least:
            found.append(f"answers: expected at least {least:g} a second, got {summary.answered_per_s:.4g}")
        return found


def require_possible(limits: Limits) -> Limits:
    """Return the limits. Raises UsageError for a number that can be no limit."""
    for name, value in vars(limits).items():
        is_fraction = name.endswith("_fraction")
        if value is not None and not 0 <= value <= (1 if is_fraction else float("inf")):
            expected = "from 0 to 1" if is_fraction else "of at least 0"
            raise UsageError(f"expected --{name.replace('_', '-')} {expected}, got {value}", hint="winnow load --help")
    return limits
