"""Map a function over parts or chunks: in order, with little in flight, wherever `project.compute` says."""

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol, TypeVar

from winnow.compute.errands import Errand
from winnow.compute.local import LocalPool, num_workers
from winnow.project_config import Compute

T = TypeVar("T")
R = TypeVar("R")


class Pool(Protocol):
    """Processes that work for this one."""

    num_workers: int

    def submit(self, errand: Errand, item: Any) -> Any:
        """Begin `errand(item)`, and return a ticket for it."""

    def result(self, ticket: Any) -> Any:
        """Wait for an errand and return what it brought. Raises MachineError when its process was killed."""

    def cancel(self, ticket: Any) -> None:
        """Say that nobody waits any more."""


def map_ordered(
    function: Callable[[T], R],
    items: Iterable[T],
    *,
    compute: Compute = "local",
    witness: str | None = None,
    workers: int | None = None,
    inline_items: int = 1,
) -> Iterator[R]:
    """Yield `function(item)` for each item, in the order of the items; the same results whatever `compute` is.

    `items` is read lazily and at most two items a worker are read or done ahead of what the caller has taken, so that
    memory does not grow with their number. The work happens in this process when there is one worker, or no more than
    `inline_items` items (starting processes takes about a second). `function` must be importable by name, or a
    `functools.partial` of such a function. `witness` is one of the files that the workers will read: a cluster whose
    machines do not see the same file there is refused before it starts.

    Raises whatever `function` raises, and MachineError when a worker was killed or there is no such cluster.
    """
    workers = num_workers() if workers is None and compute == "local" else workers
    remaining = iter(items)
    first = list(itertools.islice(remaining, inline_items + 1))
    if workers == 1 or len(first) <= inline_items:
        yield from map(function, itertools.chain(first, remaining))
    else:
        pool = _open_pool(compute, workers, witness)
        yield from _map_in(pool, Errand(function), itertools.chain(first, remaining))


def _open_pool(compute: Compute, workers: int | None, witness: str | None) -> Pool:
    if compute == "ray":
        from winnow.compute.cluster import RayPool

        return RayPool(witness)
    assert workers is not None, "a machine's own processes are counted before"
    return LocalPool(workers)


def _map_in(pool: Pool, errand: Errand, items: Iterator[Any]) -> Iterator[Any]:
    pending: deque[Any] = deque()
    try:
        for item in items:
            pending.append(pool.submit(errand, item))
            if len(pending) > 2 * pool.num_workers:
                yield errand.unwrap(pool.result(pending.popleft()))
        while pending:
            yield errand.unwrap(pool.result(pending.popleft()))
    finally:
        for ticket in pending:
            pool.cancel(ticket)
