"""What each request came to: a row of a table, from the process that asks to the one that judges."""

import csv
from collections.abc import Iterable
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple

_MULTIPLE_CHOICES = HTTPStatus.MULTIPLE_CHOICES


class Answer(NamedTuple):
    """One request. Times are seconds from the beginning of the warm-up."""

    due_s: float
    """When it arrived: in an open loop by the plan, whatever the client or the service did then."""

    sent_s: float
    ended_s: float
    status: int
    """0: nothing came."""

    picture: str
    error: str = ""

    @property
    def latency_ms(self) -> float:
        """From arriving, not from sending: who waits to be served waits, too (no coordinated omission)."""
        return (self.ended_s - self.due_s) * 1000

    @property
    def is_good(self) -> bool:
        """Whether it was answered."""
        return HTTPStatus.OK <= self.status < _MULTIPLE_CHOICES

    @property
    def is_refused(self) -> bool:
        """Whether it was sent away politely: 503."""
        return self.status == HTTPStatus.SERVICE_UNAVAILABLE


COLUMNS = ("due_s", "sent_s", "ended_s", "status", "latency_ms", "picture", "error")


def write_answers(path: Path, answers: Iterable[Answer]) -> None:
    """Write a row a request, in the order in which they were due."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(COLUMNS)
        for each in sorted(answers):
            times = (f"{each.due_s:.6f}", f"{each.sent_s:.6f}", f"{each.ended_s:.6f}")
            table.writerow((*times, each.status, f"{each.latency_ms:.3f}", each.picture, each.error))


def read_answers(path: Path) -> list[Answer]:
    """Return what `write_answers` wrote."""
    with path.open(encoding="utf-8", newline="") as stream:
        return [
            Answer(
                float(row["due_s"]),
                float(row["sent_s"]),
                float(row["ended_s"]),
                int(row["status"]),
                row["picture"],
                row["error"],
            )
            for row in csv.DictReader(stream)
        ]
