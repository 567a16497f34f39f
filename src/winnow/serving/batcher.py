"""Dynamic batching: what waits is answered together, in a bounded pool of threads behind a bounded queue.

A worker takes a share of all that waits, up to `max_batch`, and carries it through to the end: an image changes threads
twice, from the event loop to a worker and back. While every worker is busy, the next batches form by themselves.
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from winnow.serving.admission import MIN_RETRY_S, Admission, BatchLimits, Overloaded

J = TypeVar("J")
R = TypeVar("R")


class Ticket:
    """What one request waits for: the results of its images, in their order."""

    __slots__ = ("future", "is_abandoned", "loop", "num_left", "results")

    def __init__(self, loop: asyncio.AbstractEventLoop, num_jobs: int) -> None:
        self.loop = loop
        self.future: asyncio.Future[None] = loop.create_future()
        self.results: list[object] = [None] * num_jobs
        self.num_left = num_jobs
        self.is_abandoned = False


class _Job(NamedTuple):
    payload: object
    ticket: Ticket
    place: int
    entered_s: float


class Done(NamedTuple, Generic[R]):
    """The result of one image, and how long it waited."""

    value: R | Exception
    queue_s: float


class Batcher(Generic[J, R]):
    """Workers that answer `work(payloads) -> results`, called in threads. An exception is a result, too."""

    def __init__(
        self,
        work: Callable[[list[J]], Sequence[R | Exception]],
        limits: BatchLimits,
        *,
        name: str = "batch",
        prepare_thread: Callable[[], None] | None = None,
    ) -> None:
        self._work = work
        self.limits = limits
        self._queue: deque[_Job] = deque()
        self._has_work = threading.Condition()
        self._num_idle = 0
        self._rested_s = time.monotonic()
        self._admission = Admission(limits)
        self._is_closed = False
        self._prepare_thread = prepare_thread
        self._threads = [
            threading.Thread(target=self._run, name=f"{name}-{number}", daemon=True)
            for number in range(limits.num_workers)
        ]

    def start(self) -> None:
        """Start the workers."""
        for thread in self._threads:
            thread.start()

    @property
    def num_waiting(self) -> int:
        """How many images no worker has taken yet."""
        return len(self._queue)

    @property
    def is_idle(self) -> bool:
        """Whether every worker waits for images."""
        return not self._queue and self._num_idle == self.limits.num_workers

    @property
    def idle_s(self) -> float:
        """For how many seconds nobody has waited for anything."""
        return time.monotonic() - self._rested_s if self.is_idle else 0.0

    def require_room(self, num_jobs: int = 1) -> None:
        """Raise Overloaded when so many images would not be taken. An empty queue takes any number."""
        self._admission.require_room(len(self._queue), num_jobs)

    @property
    def full_for_s(self) -> int | None:
        """Seconds until it is worth asking again, None while there is room for an image."""
        try:
            self.require_room()
        except Overloaded as full:
            return full.retry_after_s
        return None

    async def submit(self, payloads: Sequence[J], timeout_s: float) -> list[Done[R]]:
        """Return the results in the order of `payloads`. Raises Overloaded, and TimeoutError after `timeout_s`."""
        loop = asyncio.get_running_loop()
        ticket = Ticket(loop, len(payloads))
        now = time.monotonic()
        with self._has_work:
            self.require_room(len(payloads))
            if self._is_closed:
                raise Overloaded(MIN_RETRY_S)
            if not self._queue:
                self._admission.note_empty()
            self._queue.extend(_Job(payload, ticket, index, now) for index, payload in enumerate(payloads))
            self._has_work.notify(len(payloads))
        timer = loop.call_later(timeout_s, _give_up, ticket)
        try:
            await ticket.future
        finally:
            timer.cancel()
            ticket.is_abandoned = True
        return ticket.results  # type: ignore[return-value] # each was filled by `_settle`

    def close(self) -> None:
        """Take nothing more, answer what waits, and end the workers. Blocks."""
        with self._has_work:
            self._is_closed = True
            self._has_work.notify_all()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    def _run(self) -> None:
        if self._prepare_thread:
            self._prepare_thread()
        while (batch := self._take()) is not None:
            if not batch:
                continue
            started = time.monotonic()
            results = self._try([job.payload for job in batch])  # type: ignore[misc] # each payload came as a J
            self._admission.note_batch(time.monotonic() - started, len(batch))
            done = [(job, Done(result, started - job.entered_s)) for job, result in zip(batch, results, strict=True)]
            _hand_over(done)

    def _try(self, payloads: list[J]) -> Sequence[R | Exception]:
        try:
            return self._work(payloads)
        except Exception as error:  # noqa: BLE001 - a mistake in `work` ends its requests, never the worker
            return [error] * len(payloads)

    def _take(self) -> list[_Job] | None:
        """Return the next batch, None when there will be none. Images that nobody waits for any more are dropped."""
        with self._has_work:
            while not self._queue:
                if self._is_closed:
                    return None
                self._num_idle += 1
                self._rested_s = time.monotonic()
                self._has_work.wait()
                self._num_idle -= 1
            self._await_more()
            # An equal share for each worker that has nothing to do: two halves are done sooner than one whole.
            num = min(self.limits.max_batch, -(-len(self._queue) // (self._num_idle + 1)))
            batch = [self._queue.popleft() for _ in range(num)]
        return [job for job in batch if not job.ticket.is_abandoned]

    def _await_more(self) -> None:
        """Wait for a fuller batch, until the oldest image's deadline."""
        if not self.limits.wait_s:
            return
        deadline = self._queue[0].entered_s + self.limits.wait_s
        while self._queue and len(self._queue) < self.limits.max_batch and not self._is_closed:
            left = deadline - time.monotonic()
            if left <= 0:
                return
            self._has_work.wait(left)


def _hand_over(done: list[tuple[_Job, Done[Any]]]) -> None:
    """Give results to the event loops that wait for them: one wake-up a batch."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[_Job, Done[Any]]]] = {}
    for each in done:
        by_loop.setdefault(each[0].ticket.loop, []).append(each)
    for loop, mine in by_loop.items():
        try:
            loop.call_soon_threadsafe(_settle, mine)
        except RuntimeError:  # the loop is closed: nobody waits
            continue


def _settle(done: list[tuple[_Job, Done[Any]]]) -> None:
    for job, result in done:
        ticket = job.ticket
        ticket.results[job.place] = result
        ticket.num_left -= 1
        if not ticket.num_left and not ticket.future.done():
            ticket.future.set_result(None)


def _give_up(ticket: Ticket) -> None:
    if not ticket.future.done():
        ticket.future.set_exception(TimeoutError())
