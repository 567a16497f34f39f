"""What a person sees while work goes on: log lines and progress, all on stderr; stdout is for data."""

import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

logger = logging.getLogger("winnow")

_PLAIN_INTERVAL_S = 10.0

Advance = Callable[[int], None]


class _StderrHandler(logging.Handler):
    """Prints to what stderr is now: a progress bar takes it over and prints lines above itself."""

    def emit(self, record: logging.LogRecord) -> None:
        sys.stderr.write(self.format(record) + "\n")


def configure_logging(*, verbose: bool) -> None:
    """Send winnow's log lines to stderr: warnings and notes, with `verbose` also details."""
    logger.handlers[:] = [_StderrHandler()]
    logger.setLevel(logging.DEBUG if verbose else logging.INFO)
    logger.propagate = False


def is_interactive() -> bool:
    """Return whether a person watches: stderr is a terminal and this is no CI job."""
    return sys.stderr.isatty() and not os.environ.get("CI")


@contextmanager
def progress(description: str, total: int | None, unit: str) -> Iterator[Advance]:
    """Show progress of `total` units (None: unknown): a bar on a terminal, a line now and then in CI."""
    if is_interactive():
        with _bar(description, total, unit) as advance:
            yield advance
    else:
        yield _plain(description, total, unit)


@contextmanager
def _bar(description: str, total: int | None, unit: str) -> Iterator[Advance]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn(unit))
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(description, total=total)
        yield lambda count: bar.advance(task, count)


def _plain(description: str, total: int | None, unit: str) -> Advance:
    done = 0
    last = time.monotonic()

    def advance(count: int) -> None:
        nonlocal done, last
        done += count
        now = time.monotonic()
        if now - last >= _PLAIN_INTERVAL_S:
            last = now
            of_total = "" if total is None else f" of {total}"
            logger.info("%s: %d%s %s", description, done, of_total, unit)

    return advance
