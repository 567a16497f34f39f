"""Whose turn it is in an open loop: arrivals find a client, or wait for one."""

from collections import deque
from collections.abc import Callable
from typing import Protocol


class Slot(Protocol):
    """Where one client waits for its next arrival; `gevent.event.AsyncResult` is one."""

    def set(self, value: float) -> None:
        """Wake the client up with the time at which the arrival was due."""

    def get(self) -> float:
        """Wait for it."""


class Turns:
    """The client that became free last goes first: few connections are kept warm, and the others stay closed.

    An arrival that finds nobody waits for the next client; it keeps the time at which it was due.
    """

    def __init__(self, make_slot: Callable[[], Slot]) -> None:
        self._make_slot = make_slot
        self._free: list[Slot] = []
        self._late: deque[float] = deque()

    @property
    def num_late(self) -> int:
        """Arrivals that nobody has taken yet."""
        return len(self._late)

    def arrive(self, due_s: float) -> None:
        """Give an arrival to a client."""
        if self._free:
            self._free.pop().set(due_s)
        else:
            self._late.append(due_s)

    def take(self) -> float:
        """Return when the next arrival for this client was due. Blocks."""
        if self._late:
            return self._late.popleft()
        slot = self._make_slot()
        self._free.append(slot)
        return slot.get()

    def drop(self) -> list[float]:
        """Return the arrivals that nobody has taken, and forget them."""
        left = list(self._late)
        self._late.clear()
        return left
