"""Arrivals far beyond what a service can take, from a client that costs next to nothing.

A client of Python's libraries works longer for a request than a service for its refusal: ten times the load on shared
cores would measure the client. This one sends prepared bytes over connections that stay open, in a single thread.
"""

import selectors
import socket
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import urlsplit

from winnow.load_test.answers import Answer
from winnow.load_test.arrivals import arrivals
from winnow.load_test.pictures import Picture
from winnow.load_test.plan import Plan
from winnow.load_test.sending import as_form

_BUFFER_BYTES = 1 << 18
_CHECK_S = 0.1


class Prepared(NamedTuple):
    """A request as it goes over the wire."""

    name: str
    content: bytes


def flood(plan: Plan, pictures: Sequence[Picture]) -> list[Answer]:
    """Carry out a plan with a rate; return what each request came to, as `winnow.load_test.running.run` does."""
    return _Flood(plan, [_prepare(plan, each) for each in pictures]).run()


def _prepare(plan: Plan, picture: Picture) -> Prepared:
    body, content_type = as_form(plan.form_field, picture.content, picture.content_type)
    head = (
        f"POST {plan.path} HTTP/1.1\r\nHost: {urlsplit(plan.url).netloc}\r\nAccept: */*\r\n"
        f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return Prepared(picture.name, head.encode("ascii") + body)


class _Connection:
    """One connection, and the request that is under way on it."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address, timeout=1.0)
        self.socket.settimeout(0)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.due_s = self.sent_s = 0.0
        self.request = Prepared("", b"")
        self._left = memoryview(b"")
        self._got = bytearray()

    def begin(self, request: Prepared, due_s: float, now_s: float) -> None:
        """Put a request on it."""
        self.request, self.due_s, self.sent_s = request, due_s, now_s
        self._left = memoryview(request.content)
        self._got.clear()

    def push(self) -> None:
        """Send what the system takes."""
        with suppress(BlockingIOError):
            while self._left:
                self._left = self._left[self.socket.send(self._left) :]

    def pull(self) -> None:
        """Take what has come. Raises ConnectionError where the service has left."""
        with suppress(BlockingIOError):
            while True:
                some = self.socket.recv(_BUFFER_BYTES)
                if not some:
                    raise ConnectionError("the service closed the connection")
                self._got += some
                if len(some) < _BUFFER_BYTES:
                    return

    @property
    def has_sent(self) -> bool:
        """Whether the whole request has left."""
        return not self._left

    @property
    def is_answered(self) -> bool:
        """Whether the whole answer is here."""
        head, found, body = self._got.partition(b"\r\n\r\n")
        if not found:
            return False
        head = head.lower()
        if b"transfer-encoding: chunked" in head:
            return body.endswith(b"0\r\n\r\n")
        _, _, length = head.partition(b"content-length:")
        return len(body) >= int(length.split(b"\r\n", 1)[0])

    @property
    def status(self) -> int:
        """That of the answer."""
        return int(self._got.split(b" ", 2)[1])

    @property
    def is_kept(self) -> bool:
        """Whether it may be used again."""
        return b"connection: close" not in bytes(self._got).lower()


class _Flood:
    def __init__(self, plan: Plan, requests: Sequence[Prepared]) -> None:
        self._plan = plan
        self._requests = requests
        parts = urlsplit(plan.url)
        self._address = (str(parts.hostname), int(parts.port or 80))
        self._selector = selectors.DefaultSelector()
        self._idle: list[_Connection] = []
        self._busy: set[_Connection] = set()
        self._answers: list[Answer] = []
        self._num_sent = 0

    def run(self) -> list[Answer]:
        self._idle = [self._connect() for _ in range(self._plan.max_open)]
        self._begun = time.perf_counter()
        try:
            self._send_all()
        finally:
            for each in (*self._idle, *self._busy):
                each.socket.close()
            self._selector.close()
        return self._answers

    @property
    def _now_s(self) -> float:
        return time.perf_counter() - self._begun

    def _send_all(self) -> None:
        due = deque(arrivals(self._plan.rate_per_s, self._plan.end_s, self._plan.seed))
        end_s, checked_s = self._plan.end_s + self._plan.timeout_s, 0.0
        while (due or self._busy) and self._now_s < end_s:
            now_s = self._now_s
            while due and due[0] <= now_s and (connection := self._free()):
                self._begin(connection, due.popleft())
            wait_s = due[0] - now_s if due and due[0] > now_s else _CHECK_S
            for key, events in self._selector.select(min(wait_s, _CHECK_S)):
                self._attend(key.data, events)
            if now_s - checked_s > _CHECK_S:
                checked_s = now_s
                self._give_up_late()
        for each in list(self._busy):
            self._end(each, 0, "no answer until the end")
        self._answers += [Answer(each, end_s, end_s, 0, "", "never sent") for each in due]

    def _free(self) -> "_Connection | None":
        if self._idle:
            return self._idle.pop()
        if len(self._busy) >= self._plan.max_open:
            return None
        with suppress(OSError):
            return self._connect()
        return None

    def _connect(self) -> _Connection:
        found = _Connection(self._address)
        self._selector.register(found.socket, selectors.EVENT_READ, found)
        return found

    def _begin(self, connection: _Connection, due_s: float) -> None:
        self._busy.add(connection)
        connection.begin(self._requests[self._num_sent % len(self._requests)], due_s, self._now_s)
        self._num_sent += 1
        self._attend(connection, selectors.EVENT_WRITE)

    def _attend(self, connection: _Connection, events: int) -> None:
        """Go on with a connection that is ready for it."""
        try:
            if events & selectors.EVENT_READ:
                connection.pull()
            if events & selectors.EVENT_WRITE:
                connection.push()
                wanted = selectors.EVENT_READ if connection.has_sent else selectors.EVENT_READ | selectors.EVENT_WRITE
                self._selector.modify(connection.socket, wanted, connection)
        except OSError as error:
            self._end(connection, 0, repr(error))
            return
        if connection in self._busy and connection.has_sent and connection.is_answered:
            self._end(connection, connection.status)

    def _end(self, connection: _Connection, status: int, error: str = "") -> None:
        if connection in self._busy:
            self._busy.remove(connection)
            request = connection.request.name
            self._answers.append(Answer(connection.due_s, connection.sent_s, self._now_s, status, request, error))
        elif connection in self._idle:
            self._idle.remove(connection)
        if status and connection.is_kept:
            self._idle.append(connection)
        else:
            self._selector.unregister(connection.socket)
            connection.socket.close()

    def _give_up_late(self) -> None:
        for each in list(self._busy):
            if self._now_s - each.sent_s > self._plan.timeout_s:
                self._end(each, 0, "no answer in time")
