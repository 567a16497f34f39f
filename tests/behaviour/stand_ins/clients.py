"""Clients of a service that never let go of it: what each request came to, and which ones were lost."""

import contextlib
import http.client
import threading
import time
import urllib.parse
from collections import Counter
from dataclasses import dataclass, field
from typing import Self


@dataclass
class Crowd:
    """So many clients at once, each with a connection that it keeps, asking one thing after another."""

    address: str
    content: bytes
    path: str = "/v1/predict"
    num_clients: int = 8
    statuses: Counter[int] = field(default_factory=Counter)
    models: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    """Requests that were sent and got no answer."""

    def __post_init__(self) -> None:
        self._enough = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._ask, daemon=True) for _ in range(self.num_clients)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._enough.set()
        for thread in self._threads:
            thread.join(30)

    @property
    def num_answers(self) -> int:
        return sum(self.statuses.values())

    def wait_for(self, num_answers: int) -> None:
        end = time.monotonic() + 30
        while self.num_answers < num_answers:
            assert time.monotonic() < end, (self.statuses, self.lost)
            time.sleep(0.01)

    def _ask(self) -> None:
        netloc = urllib.parse.urlsplit(self.address).netloc
        with contextlib.closing(http.client.HTTPConnection(netloc, timeout=30)) as connection:
            while not self._enough.is_set() and self._ask_once(connection):
                pass

    def _ask_once(self, connection: http.client.HTTPConnection) -> bool:
        """Note what one request came to; whether there is more to ask over this connection."""
        started = time.monotonic()
        try:
            connection.connect() if connection.sock is None else None
        except OSError:  # nobody is there any more: nothing was accepted
            return False
        try:
            connection.request("POST", self.path, self.content, {"Content-Type": "image/png"})
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            with self._lock:
                self.lost.append(repr(error))
            return False
        with self._lock:
            self.statuses[answer.status] += 1
            self.models[body.partition(b'"model":"')[2].partition(b'"')[0].decode()] += 1
            self.seconds.append(time.monotonic() - started)
        return answer.headers.get("Connection") != "close"  # asked to leave, as a load balancer would hear of it
