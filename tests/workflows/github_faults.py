"""What can go wrong on the way to GitHub and back, planned by a test for the next requests."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from github_routes import Answer, Refused

_NO_ANSWER = ("drop", "lose")


@dataclass
class Fault:
    """Befalls the next `times` requests whose `METHOD path` matches."""

    pattern: re.Pattern[str]
    times: int
    kind: str = "refuse"
    status: int = 500
    message: str = "Server Error"
    headers: dict[str, str] = field(default_factory=dict)


class Dropped(Exception):  # noqa: N818 - it is the connection that is dropped
    """The client gets no answer."""


class Faults:
    """The plan. A pattern is a regular expression, searched for in `POST /repos/rice/leaves/issues/1/comments`."""

    def __init__(self) -> None:
        self._plan: list[Fault] = []

    def refuse(self, pattern: str, status: int = 500, *, times: int = 1, message: str = "Server Error") -> None:
        """Answer with this status; the work is not done."""
        self._plan.append(Fault(re.compile(pattern), times, status=status, message=message))

    def limit(self, pattern: str, *, times: int = 1, reset_s: int = 1) -> None:
        """Say that the hour's requests are used up."""
        headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(time.time()) + reset_s)}
        message = "API rate limit exceeded for installation ID 1."
        self._plan.append(Fault(re.compile(pattern), times, status=403, message=message, headers=headers))

    def slow_down(self, pattern: str, *, times: int = 1, status: int = 429, retry_after_s: int = 1) -> None:
        """Say that this was too fast: GitHub's second kind of limit."""
        message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
        headers = {"Retry-After": str(retry_after_s)}
        self._plan.append(Fault(re.compile(pattern), times, status=status, message=message, headers=headers))

    def drop(self, pattern: str, *, times: int = 1) -> None:
        """Close the connection; the work is not done."""
        self._plan.append(Fault(re.compile(pattern), times, kind="drop"))

    def lose(self, pattern: str, *, times: int = 1) -> None:
        """Do the work, and close the connection before the answer: whoever tries again does it twice."""
        self._plan.append(Fault(re.compile(pattern), times, kind="lose"))

    def forget(self) -> None:
        """Let all go well again."""
        self._plan.clear()

    def befall(self, line: str, work: Callable[[], Answer]) -> Answer:
        """Do the work, or let happen what is planned for this request."""
        fault = next((fault for fault in self._plan if fault.times and fault.pattern.search(line)), None)
        if fault is None:
            return work()
        fault.times -= 1
        if fault.kind == "lose":
            work()
        if fault.kind in _NO_ANSWER:
            raise Dropped
        return Answer(Refused(fault.status, fault.message).content, fault.status, fault.headers)
