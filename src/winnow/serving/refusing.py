"""The answer of a full service, made once: in an overload, what refuses must cost next to nothing."""

import asyncio
import json

from starlette.types import Message, Send

from winnow.serving.problems import MEDIA_TYPE, OVERLOADED, answer, retry_later
from winnow.serving.telemetry import Telemetry

PAUSE_S = 0.05
MAX_PAUSED = 256
_PLACE = "{id}"


class Refusal:
    """503 for one route, without a request, an exception or a response being built; its content is that of `answer`.

    Only the request's id and the seconds in `Retry-After` differ. The connection is kept: the server reads the rest of
    the body past, and the client need not connect again. It waits `PAUSE_S` before: a handful of clients that come
    again at once would otherwise take the cores from those who were let in. While `MAX_PAUSED` wait, nobody else does.
    """

    def __init__(self, telemetry: Telemetry, route: str, headers: tuple[tuple[bytes, bytes], ...]) -> None:
        body = bytes(answer(retry_later(OVERLOADED, "the queue is full", 1), _PLACE).body)
        assert json.loads(body)["instance"].endswith(_PLACE), "the id stands where it is put in"
        self._before, _, self._after = body.partition(_PLACE.encode())
        self._num_bytes = len(self._before) + len(self._after)
        self._headers = [*headers, (b"content-type", MEDIA_TYPE.encode())]
        self._asked = telemetry.requests.labels(route, str(OVERLOADED.status))
        self._refused = telemetry.refused.labels(OVERLOADED.name)
        self._total = telemetry.total.labels(route)
        self._num_paused = 0

    async def pause(self) -> None:
        """Let the client wait a little, unless too many do."""
        if self._num_paused >= MAX_PAUSED:
            return
        self._num_paused += 1
        try:
            await asyncio.sleep(PAUSE_S)
        finally:
            self._num_paused -= 1

    async def send(self, send: Send, request_id: bytes, after_s: int, *, is_last: bool) -> None:
        """Send it; `is_last` asks the client to leave."""
        headers = [
            *self._headers,
            (b"content-length", str(self._num_bytes + len(request_id)).encode()),
            (b"retry-after", str(after_s).encode()),
            (b"x-request-id", request_id),
        ]
        if is_last:
            headers.append((b"connection", b"close"))
        start: Message = {"type": "http.response.start", "status": OVERLOADED.status, "headers": headers}
        await send(start)
        await send({"type": "http.response.body", "body": self._before + request_id + self._after})

    def note(self, spent_s: float) -> None:
        """Count it."""
        self._asked.inc()
        self._refused.inc()
        self._total.observe(spent_s)
