"""Map a function over parts or chunks in processes of this machine: in order, with little in flight."""

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from typing import Any, TypeVar

import joblib
from joblib.externals.loky import get_reusable_executor
from joblib.externals.loky.process_executor import TerminatedWorkerError

from winnow.errors import MachineError

T = TypeVar("T")
R = TypeVar("R")

# Reading images is bound by memory and disk long before it is bound by this many cores.
MAX_WORKERS = 16


def num_workers() -> int:
    """Return how many processes are worth starting: the cores that this process may use, at most 16."""
    return min(int(joblib.cpu_count()), MAX_WORKERS)


def map_ordered(
    function: Callable[[T], R], items: Iterable[T], *, workers: int | None = None, inline_items: int = 1
) -> Iterator[R]:
    """Yield `function(item)` for each item, in the order of the items.

    `items` is read lazily and at most two items a worker are read or done ahead of what the caller has taken, so that
    memory does not grow with their number. The work happens in this process when there is one worker, or no more than
    `inline_items` items (starting processes takes about a second). `function` must be importable by name, or a
    `functools.partial` of such a function.

    Raises whatever `function` raises, and MachineError when a worker was killed.
    """
    workers = num_workers() if workers is None else workers
    remaining = iter(items)
    first = list(itertools.islice(remaining, inline_items + 1))
    if workers == 1 or len(first) <= inline_items:
        yield from map(function, itertools.chain(first, remaining))
    else:
        yield from _map_in_processes(function, itertools.chain(first, remaining), workers)


def _map_in_processes(function: Callable[[T], R], items: Iterator[T], workers: int) -> Iterator[R]:
    executor = get_reusable_executor(max_workers=workers)
    pending: deque[Future[Any]] = deque()
    try:
        for item in items:
            pending.append(executor.submit(function, item))
            if len(pending) > 2 * workers:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    except TerminatedWorkerError as error:
        raise MachineError(
            "a worker process was killed by the system", hint="most likely memory ran out: close other programs"
        ) from error
    finally:
        for future in pending:
            future.cancel()
