"""How many images may wait: nearly any number for a moment, and few when too many come."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

_BURST_S = 0.5
_BURST_WAIT_S = 0.25
_CALM_S = 0.25
MIN_RETRY_S = 1


class Overloaded(Exception):  # noqa: N818 - the service's state, not a mistake
    """The queue is full."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__("the queue is full")
        self.retry_after_s = retry_after_s


@dataclass(frozen=True)
class BatchLimits:
    """How much is done at once, and how much may wait."""

    num_workers: int
    max_batch: int
    wait_s: float
    """How long an image may wait for a fuller batch."""

    max_queue: int
    """Images that may wait; more are refused."""

    patience_s: float
    """In an overload no more may wait than are answered in this time; in a burst, in a quarter of a second.

    A batch may always wait.
    """


class Admission:
    """Knows how fast the workers are and when nobody waited; from that, who may still come in."""

    def __init__(self, limits: BatchLimits, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._clock = clock
        self._seconds_per_image = 0.0
        self._emptied_s = clock()
        self._over_until_s = -math.inf

    def note_empty(self) -> None:
        """Nobody waits now."""
        self._emptied_s = self._clock()

    def note_batch(self, spent_s: float, num_images: int) -> None:
        """A worker took so long for so many images."""
        spent = spent_s / num_images / self._limits.num_workers
        self._seconds_per_image += (spent - self._seconds_per_image) * (0.1 if self._seconds_per_image else 1)

    def require_room(self, num_waiting: int, num_jobs: int) -> None:
        """Raise Overloaded when so many images would not be taken. An empty queue takes any number."""
        limits, wait_s = self._limits, (num_waiting + num_jobs) * self._seconds_per_image
        if not num_waiting or num_waiting + num_jobs <= limits.max_batch:
            return
        is_crowded = num_waiting + num_jobs > limits.max_queue
        if wait_s <= limits.patience_s and not is_crowded:
            return
        if self._is_over() or is_crowded or wait_s > _BURST_WAIT_S:
            raise Overloaded(max(MIN_RETRY_S, round(wait_s)))

    def _is_over(self) -> bool:
        """Return whether too many come; asked when more wait than are answered in `patience_s`.

        A queue that was empty a moment ago holds a burst, and will soon be empty again; in an overload it never is. As
        in "Fail at Scale" (Maurer, 2015) that tells them apart, and not how long the queue is.
        """
        now = self._clock()
        if now - self._emptied_s > _BURST_S or now < self._over_until_s:
            self._over_until_s = now + _CALM_S
        return now < self._over_until_s
