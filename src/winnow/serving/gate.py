"""What stands before every request and after every answer: ids, keys, rates, headers, and no mistake that leaks."""

import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, MutableMapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from winnow.logs import logger
from winnow.serving.problems import INTERNAL, TOO_MANY, UNAUTHORIZED, Problem, answer, retry_later
from winnow.serving.refusing import Refusal
from winnow.serving.service import Service

ID_HEADER = b"x-request-id"
_ID = re.compile(rb"[A-Za-z0-9_.:-]{1,64}")
OPEN = frozenset({"/", "/livez", "/readyz", "/openapi.json"})
"""Paths that need no key: they say nothing about pictures or people."""
_OPEN_FOLDER = "/web/"

HEADERS = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)
_MAX_CLIENTS = 10_000

Hot = Callable[[Request], Awaitable[Response]]


class Rates:
    """A token bucket a client: so many at once, so many a second."""

    def __init__(self, rate_per_s: float, burst: int) -> None:
        self._rate = rate_per_s
        self._burst = float(burst)
        self._seen: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def require(self, client: str, now: float) -> None:
        """Count a request. Raises Problem when the client has used up its share."""
        if not self._rate:
            return
        tokens, before = self._seen.pop(client, (self._burst, now))
        tokens = min(self._burst, tokens + (now - before) * self._rate)
        if tokens < 1:
            self._seen[client] = (tokens, now)
            wait_s = max(1, round((1 - tokens) / self._rate))
            raise retry_later(TOO_MANY, f"expected at most {self._rate:g} requests a second", wait_s)
        self._seen[client] = (tokens - 1, now)
        if len(self._seen) > _MAX_CLIENTS:
            self._seen.popitem(last=False)


class Gate:
    """An ASGI middleware around everything else.

    `hot` are routes that it answers itself, by path: FastAPI's way to a route costs a quarter of a millisecond, as much
    as a small picture. While the queue is full it refuses them before anything is read or built.
    """

    def __init__(self, app: ASGIApp, service: Service, hot: Mapping[str, Hot]) -> None:
        self._app = app
        self._service = service
        self._hot = hot
        limits = service.settings.limits
        self._rates = Rates(limits.rate_per_s, limits.burst)
        self._refusals = {path: Refusal(service.telemetry, path, HEADERS) for path in hot}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, whatever happens inside."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["winnow_started"] = started = time.perf_counter()
        headers = dict(scope["headers"])
        offered = headers.get(ID_HEADER, b"")
        request_id = offered if _ID.fullmatch(offered) else secrets.token_hex(16).encode()
        if await self._is_refused(scope, headers, send, request_id):
            return
        scope["winnow_id"] = request_id.decode()
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._complete(message, request_id)
            await send(message)

        try:
            self._admit(scope, headers, started)
            hot = self._hot.get(scope["path"]) if scope["method"] == "POST" else None
            if hot is None:
                await self._app(scope, receive, send_with_headers)
            else:
                response = await hot(Request(scope, receive))
                await response(scope, receive, send_with_headers)
        except Exception as error:  # the last door: nothing of it goes out
            problem = (
                error if isinstance(error, Problem) else Problem(INTERNAL, "the log has it under this request's id")
            )
            if problem is not error:
                logger.exception("request %s failed", scope["winnow_id"])
            if status:
                raise
            await answer(problem, scope["winnow_id"])(scope, receive, send_with_headers)
            self._service.telemetry.refused.labels(problem.kind.name).inc()
        finally:
            self._note(scope, status, started)

    async def _is_refused(
        self, scope: Scope, headers: MutableMapping[bytes, bytes], send: Send, request_id: bytes
    ) -> bool:
        """Answer a hot route in an overload, and return whether that was done. Who may not ask gets no answer here."""
        refusal = self._refusals.get(scope["path"]) if scope["method"] == "POST" else None
        if refusal is None or (after_s := self._service.full_for_s) is None:
            return False
        if not self._service.settings.access.is_user(offered_key(headers)):
            return False
        await refusal.pause()
        await refusal.send(send, request_id, after_s, is_last=self._service.is_draining)
        refusal.note(time.perf_counter() - scope["winnow_started"])
        return True

    def _admit(self, scope: Scope, headers: MutableMapping[bytes, bytes], now: float) -> None:
        path = scope["path"]
        if path in OPEN or path.startswith(_OPEN_FOLDER):
            return
        access = self._service.settings.access
        key = offered_key(headers)
        is_admin_call = path.startswith("/v1/admin/")
        if not is_admin_call and scope["method"] != "OPTIONS" and not access.is_user(key):
            raise Problem(UNAUTHORIZED, "expected a key in X-API-Key", headers={"WWW-Authenticate": "Bearer"})
        if path.startswith("/v1/"):
            client = scope.get("client")
            self._rates.require(key if access.api_keys and key else client[0] if client else "", now)

    def _complete(self, message: Message, request_id: bytes) -> None:
        present = message.setdefault("headers", [])
        names = {name.lower() for name, _ in present}
        present = [*present, *(pair for pair in HEADERS if pair[0] not in names), (ID_HEADER, request_id)]
        if self._service.is_draining and b"connection" not in names:
            present.append((b"connection", b"close"))
        message["headers"] = present

    def _note(self, scope: Scope, status: int, started: float) -> None:
        path = scope["path"]
        route = path if path in self._hot else getattr(scope.get("route"), "path", "other")
        telemetry = self._service.telemetry
        telemetry.requests.labels(route, str(status)).inc()
        telemetry.total.labels(route).observe(time.perf_counter() - started)


def offered_key(headers: MutableMapping[bytes, bytes]) -> str:
    """Return the key that a client sent: `X-API-Key: KEY`, or `Authorization: Bearer KEY`."""
    key = headers.get(b"x-api-key")
    if key is None:
        scheme, _, rest = headers.get(b"authorization", b"").partition(b" ")
        key = rest if scheme.lower() == b"bearer" else b""
    return key.decode("latin-1").strip()
