"""`winnow feedback`: what people said about a service's answers, as candidates for `winnow add`."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from winnow.errors import ExitCode, UsageError
from winnow.ingest.feedback import LIST, REVIEW, Joined, collect
from winnow.traffic.reading import TrafficLog
from winnow.traffic.target import open_target


@dataclass(frozen=True)
class FeedbackResult:
    """What was found, and what to do with it."""

    joined: Joined
    folder: Path
    num_torn: int

    @property
    def exit_code(self) -> ExitCode:
        """Feedback without images is no failure."""
        return ExitCode.OK

    def lines(self) -> Iterator[str]:
        """Yield how many candidates there are, why the others are none, and what comes next."""
        joined = self.joined
        yield f"{len(joined.written)} candidates from feedback on {joined.num_said} images"
        reasons = {
            "of requests that the log does not have": joined.num_unknown,
            "whose image was not kept, or is deleted": joined.num_gone,
            "with different classes for one image, or one id for several": joined.num_disputed,
            "that cannot be used": joined.num_unusable,
        }
        yield from (f"{number} {reason}" for reason, number in reasons.items() if number)
        if self.num_torn:
            yield f"{self.num_torn} lines of the log were cut when a service was killed"
        if joined.written:
            yield f"look at {self.folder / REVIEW} and the images, then: winnow add {self.folder / LIST}"


def feedback(log: str, *, folder: Path, since: str | None) -> FeedbackResult:
    """Write candidates from the log at an address into a new folder; `since` is a day, YYYY-MM-DD.

    Raises UsageError for a folder with content, InputError for a damaged log, MachineError when it does not answer.
    """
    reader = TrafficLog(open_target(log))
    joined = collect(reader, folder, _seconds(since))
    return FeedbackResult(joined, folder, reader.num_torn)


def _seconds(day: str | None) -> float:
    if day is None:
        return -math.inf
    try:
        return datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise UsageError(f"expected --since as YYYY-MM-DD, got {day!r}", hint="--since 2026-01-31") from None
