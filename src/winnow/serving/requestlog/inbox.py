"""The way from the event loop to the writer: bounded, and never waited for by those who put."""

import threading
from collections import deque

from winnow.serving.answered import Answered


class Inbox:
    """Answers that are to be written, up to so many bytes of files and pixels."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._waiting: deque[tuple[Answered, int]] = deque()
        self._num_bytes = 0
        self._is_closed = False
        self._has_news = threading.Condition()

    def put(self, answered: Answered, num_bytes: int) -> bool:
        """Leave an answer, and return whether there was room. An empty inbox takes any."""
        with self._has_news:
            if self._is_closed or (self._waiting and self._num_bytes + num_bytes > self._max_bytes):
                return False
            self._waiting.append((answered, num_bytes))
            self._num_bytes += num_bytes
            self._has_news.notify()
            return True

    def take(self, wait_s: float) -> Answered | None:
        """Return the next answer; None where none comes within `wait_s`, or ever."""
        with self._has_news:
            if not self._waiting and not self._is_closed:
                self._has_news.wait(wait_s)
            if not self._waiting:
                return None
            answered, num_bytes = self._waiting.popleft()
            self._num_bytes -= num_bytes
            return answered

    @property
    def is_done(self) -> bool:
        """Whether nothing waits, and nothing will come."""
        return self._is_closed and not self._waiting

    def close(self) -> None:
        """Take nothing more."""
        with self._has_news:
            self._is_closed = True
            self._has_news.notify_all()
