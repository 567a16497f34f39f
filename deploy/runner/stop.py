"""Stopping by a signal, at moments that leave nothing behind."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Stopped(BaseException):
    """Somebody wants the loop to end; no error, so that nothing catches it by accident."""


class Stop:
    """Turns a signal into `Stopped`: at once, or where it is held, as soon as it is not."""

    def __init__(self) -> None:
        self._name = ""
        self._is_held = False

    @contextmanager
    def by_signal(self) -> Iterator[None]:
        """Listen to `SIGNALS` inside, and as before outside."""
        before = {number: signal.signal(number, self._receive) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let signals wait: a process that has started and is not noted yet would never be ended."""
        self._is_held = True
        try:
            yield
        finally:
            self._is_held = False
        self._raise_if_received()

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Inside `held`, let them through."""
        self._is_held = False
        try:
            self._raise_if_received()
            yield
        finally:
            self._is_held = True

    def _receive(self, number: int, _: FrameType | None) -> None:
        # A second one must not break the cleaning up.
        for each in SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        self._name = signal.Signals(number).name
        if not self._is_held:
            self._raise_if_received()

    def _raise_if_received(self) -> None:
        if self._name:
            raise Stopped(self._name)
