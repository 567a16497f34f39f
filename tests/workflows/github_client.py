"""A plain client of the loopback GitHub, for tests that speak to it themselves."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from github_api import GitHubServer
from github_records import Token


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    content: Any
    headers: dict[str, str]


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def ask(server: GitHubServer, token: Token | str | None, line: str, body: object = None) -> Reply:
    """Send `METHOD /path` (or a whole address) and return the reply, whatever its status; follow no redirect."""
    method, _, path = line.partition(" ")
    url = path if path.startswith("https://") else server.api_url + path
    data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, method=method)
    if token:
        request.add_header("Authorization", f"Bearer {token.secret if isinstance(token, Token) else token}")
    https = urllib.request.HTTPSHandler(context=server.certificate.client_context())
    try:
        with urllib.request.build_opener(https, _Stay).open(request, timeout=10) as answer:
            return _reply(answer.status, answer.read(), dict(answer.headers))
    except urllib.error.HTTPError as error:
        with error:
            return _reply(error.code, error.read(), dict(error.headers))


def _reply(status: int, content: bytes, headers: dict[str, str]) -> Reply:
    is_json = "json" in headers.get("Content-Type", "") and content
    return Reply(status, json.loads(content) if is_json else content, headers)
