"""One question to a service over HTTP, with its status, its duration, and no surprise."""

import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from functools import cached_property
from http.client import HTTPException, HTTPMessage
from typing import IO

from deploy.release.errors import CommandError

TIMEOUT_S = 20
_MAX_ANSWER_BYTES = 1 << 20


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    """0: nothing came."""

    duration_ms: float
    body: bytes = b""
    reason: str = ""

    @property
    def is_error(self) -> bool:
        """Return whether the service is to blame: no answer, or 500 and above."""
        return not self.status or self.status >= 500  # noqa: PLR2004 - HTTP's server errors


@dataclass(frozen=True)
class Service:
    """Where a service answers, and as whom to ask."""

    address: str
    token: str = field(default="", repr=False)
    """An identity token for a service that lets nobody else in."""

    def __post_init__(self) -> None:
        parts = urllib.parse.urlsplit(self.address)
        is_loopback = parts.hostname in {"127.0.0.1", "::1", "localhost"}
        is_safe = parts.scheme == "https" or (is_loopback and parts.scheme == "http")
        if not is_safe or not parts.hostname or parts.username:
            raise CommandError(f"expected https://HOST as the service's address, got {self.address!r}")

    def ask(self, path: str, content: bytes | None = None, content_type: str = "") -> Answer:
        """Send GET, or POST where there is content. Never raises for what the service does."""
        headers = {"User-Agent": "winnow-deploy", "Accept": "application/json"}
        if content is not None:
            headers["Content-Type"] = content_type
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        request = urllib.request.Request(self.address.rstrip("/") + path, content, headers)  # noqa: S310 - checked above
        started = time.monotonic()
        try:
            with self._opener.open(request, timeout=TIMEOUT_S) as answer:
                return Answer(answer.status, _since(started), answer.read(_MAX_ANSWER_BYTES))
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, _since(started), error.read(_MAX_ANSWER_BYTES))
        except (OSError, HTTPException, ValueError) as error:
            return Answer(0, _since(started), reason=str(error))

    @cached_property
    def _opener(self) -> urllib.request.OpenerDirector:
        handlers: list[urllib.request.BaseHandler] = [_NoRedirects()]
        if self.address.startswith("http:"):  # loopback: a proxy would ask its own machine
            handlers.append(urllib.request.ProxyHandler({}))
        return urllib.request.build_opener(*handlers)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """urllib would carry the token along to wherever an answer points."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        """Follow nothing."""


def _since(started: float) -> float:
    return round((time.monotonic() - started) * 1000, 3)
