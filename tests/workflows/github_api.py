"""A GitHub on loopback: HTTPS, the paths of GitHub Enterprise, real state, and a record of all that it was asked."""

import json
import socket
import ssl
import sys
import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import github_actions
import github_checks
import github_discussion
import github_git
import github_repositories
from certificate import make_certificate
from github_faults import Dropped, Faults
from github_records import Token
from github_routes import Answer, Call, Refused
from github_shapes import Shapes
from github_state import GitHub

HOST = "127.0.0.1"
API = "/api/v3"
_IDLE_S = 20.0
_GROUPS = (github_discussion, github_checks, github_actions, github_git, github_repositories)
_ROUTES = [route for group in _GROUPS for route in group.ROUTES]
_LIMITS = {"X-RateLimit-Limit": "5000", "X-RateLimit-Remaining": "4999", "X-RateLimit-Resource": "core"}


@dataclass(frozen=True)
class Request:
    """What was asked, and the status of the answer; 0 when there was none."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    token: str
    """The name of the token; empty for none, `unknown` for one that GitHub never gave out."""
    agent: str
    status: int = 0

    @property
    def line(self) -> str:
        """`METHOD path`."""
        return f"{self.method} {self.path}"

    @property
    def is_write(self) -> bool:
        """Whether it was to change something."""
        return self.method != "GET"


class GitHubServer:
    """The server. `github` is its state, `faults` its bad days, `requests` its memory."""

    def __init__(self, folder: Path) -> None:
        """Take a folder for the certificate."""
        self.github = GitHub()
        self.faults = Faults()
        self.requests: list[Request] = []
        self.broken: list[Exception] = []
        """Errors of the stand-in itself: a test that ends with one fails."""
        self.certificate = make_certificate(folder)
        self._lock = threading.RLock()
        self._server = _Server((HOST, 0), _handler(self), self.certificate.server_context())
        self.url = f"https://{HOST}:{self._server.server_port}"
        self.api_url = self.url + API
        self.shapes = Shapes(self.url)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def variables(self) -> dict[str, str]:
        """Return what a workflow's step finds in its environment, the token apart."""
        return {"GITHUB_API_URL": self.api_url, "GITHUB_SERVER_URL": self.url, **self.certificate.variables()}

    def writes(self) -> list[Request]:
        """Return the requests that were to change something."""
        return [request for request in self.requests if request.is_write]

    def tokens_used(self) -> set[str]:
        """Return the names of all tokens that were sent."""
        return {request.token for request in self.requests if request.token}

    def stop(self) -> None:
        """Close everything; raise what broke inside."""
        self._server.shutdown()
        self._thread.join()
        self._server.close_connections()
        self._server.server_close()
        if self.broken:
            raise ExceptionGroup("the loopback GitHub is broken", self.broken)

    def handle(self, request: Request, credential: str) -> Answer:
        """Answer a request and remember it; one at a time, as GitHub's database would."""
        with self._lock:
            status = 0
            try:
                answer = self.faults.befall(request.line, lambda: self._answer(request, credential))
                status = answer.status
            finally:
                self.requests.append(replace(request, status=status))
        return answer

    def name_of(self, credential: str) -> str:
        """Return the name of the token with this secret."""
        token = self.github.tokens.get(credential)
        return token.name if token else "unknown" if credential else ""

    def _answer(self, request: Request, credential: str) -> Answer:
        try:
            return self._route(request, credential)
        except Refused as refusal:
            return Answer(refusal.content, refusal.status)

    def _route(self, request: Request, credential: str) -> Answer:
        if request.path.startswith("/storage/"):
            return self._from_storage(request, credential)
        token: Token | None = self.github.tokens.get(credential)
        if credential and token is None:
            raise Refused(401, "Bad credentials")
        if isinstance(request.body, ValueError):
            raise Refused(400, "Problems parsing JSON")
        for route in _ROUTES:
            names = route.match(request.method, request.path)
            if names is None:
                continue
            found = self.github.repositories.get(f"{names.get('owner')}/{names.get('repo')}")
            if "repo" in names and found is None:
                break
            route.check(token, found)
            body = request.body if isinstance(request.body, dict) else {}
            return route.answer(Call(self.github, self.shapes, request.path, names, request.query, body, token, found))
        raise Refused(404, "Not Found")

    def _from_storage(self, request: Request, credential: str) -> Answer:
        """Hand out an artifact to whoever has its signed address, as the storage behind GitHub does."""
        repository, _, number = request.path.removeprefix("/storage/").rpartition("/")
        artifact = self.github.repositories[repository].artifacts[int(number)]
        if credential:
            raise Refused(400, "InvalidAuthenticationInfo: a token of GitHub was sent to the storage")
        if request.query.get("sig") != github_actions.signature(artifact):
            raise Refused(403, "AuthenticationFailed")
        return Answer(artifact.content)


class _Server(ThreadingHTTPServer):
    """Takes connections, wraps them in TLS, and closes those that clients keep open."""

    daemon_threads = False

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler], tls: ssl.SSLContext) -> None:
        super().__init__(address, handler)
        self._tls = tls
        self._open: set[socket.socket] = set()

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        # The handshake is the business of the connection's own thread: a client that stalls holds up nobody.
        wrapped = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        self._open.add(wrapped)
        return wrapped, address

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that went away or do not trust the certificate."""
        if not isinstance(sys.exception(), OSError | Dropped):
            super().handle_error(request, client_address)


def _handler(server: GitHubServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = _IDLE_S
        server_version = "GitHub.com"

        def log_message(self, *_: object) -> None:
            pass

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            credential = self.headers.get("Authorization", "").partition(" ")[2]
            request = _request(self, self.rfile.read(length), server.name_of(credential))
            try:
                answer = server.handle(request, credential)
            except Dropped:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            except Exception as error:  # noqa: BLE001 - the test is told when the server stops
                server.broken.append(error)
                answer = Answer({"message": repr(error)}, 500)
            _send(self, answer)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _serve  # noqa: N815 - http.server's names

    return Handler


def _request(handler: BaseHTTPRequestHandler, body: bytes, token: str) -> Request:
    url = urllib.parse.urlsplit(handler.path)
    content: Any = None
    if body:
        try:
            content = json.loads(body)
        except ValueError as error:
            content = error
    query = dict(urllib.parse.parse_qsl(url.query))
    agent = handler.headers.get("User-Agent", "")
    return Request(handler.command, url.path.removeprefix(API), query, content, token, agent)


def _send(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    is_json = not isinstance(answer.content, bytes)
    content = answer.content if isinstance(answer.content, bytes) else json.dumps(answer.content).encode()
    handler.send_response(answer.status, HTTPStatus(answer.status).phrase)
    kind = "application/json; charset=utf-8" if is_json else "application/zip"
    # GitHub names its limits in every answer, and a fault may say other numbers.
    for name, value in {"Content-Type": kind, **_LIMITS, **answer.headers}.items():
        handler.send_header(name, value)
    if answer.status != HTTPStatus.NO_CONTENT:
        handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)


@contextmanager
def github_on_loopback(folder: Path) -> Iterator[GitHubServer]:
    """Run one until the block ends."""
    server = GitHubServer(folder)
    try:
        yield server
    finally:
        server.stop()
