"""Processes of this machine, kept between maps (joblib's loky)."""

from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

import joblib
from joblib.externals.loky import get_reusable_executor
from joblib.externals.loky.process_executor import TerminatedWorkerError

from winnow.compute.errands import Errand
from winnow.errors import MachineError

# Reading images is bound by memory and disk long before it is bound by this many cores.
MAX_WORKERS = 16


def num_workers() -> int:
    """Return how many processes are worth starting: the cores that this process may use, at most 16."""
    return min(int(joblib.cpu_count()), MAX_WORKERS)


@contextmanager
def _telling_of_the_killed() -> Iterator[None]:
    try:
        yield
    except TerminatedWorkerError as error:
        raise MachineError(
            "a worker process was killed by the system", hint="most likely memory ran out: close other programs"
        ) from error


class LocalPool:
    """Workers on this machine."""

    def __init__(self, workers: int) -> None:
        self.num_workers = workers
        self._executor = get_reusable_executor(max_workers=workers)

    def submit(self, errand: Errand, item: Any) -> Future[Any]:
        """Begin `errand(item)`. Raises MachineError when a worker has been killed before."""
        with _telling_of_the_killed():
            future: Future[Any] = self._executor.submit(errand, item)
        return future

    def result(self, ticket: Future[Any]) -> Any:
        """Return what the errand brought. Raises MachineError when the system killed a worker."""
        with _telling_of_the_killed():
            return ticket.result()

    def cancel(self, ticket: Future[Any]) -> None:
        """Take back what has not begun."""
        ticket.cancel()
