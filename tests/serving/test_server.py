"""The server on a real socket; as a process of its own it is in tests/behaviour/test_serving.py."""

import http.client
import signal
import socket
import urllib.parse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from winnow.errors import MachineError
from winnow.serving.server import Server, serve
from winnow.serving.settings import Limits, Settings

Picture = Callable[..., bytes]


def connect(address: str) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(urllib.parse.urlsplit(address).netloc, timeout=20)


def test_a_connection_is_used_again_also_after_a_refusal(
    open_socket: Callable[..., Any], colors: Path, picture: Picture
) -> None:
    with open_socket(colors, Settings(limits=Limits(max_body_bytes=1000))) as address:
        connection = connect(address)
        statuses = []
        for content in (picture(), bytes(5000), b"", picture(), bytes(500_000), picture()):
            connection.request("POST", "/v1/predict", content, {"Content-Type": "image/png"})
            answer = connection.getresponse()
            answer.read()
            statuses.append(answer.status)
        connection.close()
    assert statuses == [200, 413, 400, 200, 413, 200]


@pytest.mark.parametrize("begun", [b"", b"abc"])
def test_a_body_that_stops_coming_is_given_up_and_its_connection_closed(
    open_socket: Callable[..., Any], colors: Path, picture: Picture, begun: bytes
) -> None:
    with open_socket(colors, Settings(limits=Limits(timeout_s=0.2))) as address:
        place = urllib.parse.urlsplit(address)
        with socket.create_connection((place.hostname, place.port), timeout=20) as raw:
            raw.sendall(b"POST /v1/predict HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n" + begun)
            said = b"".join(iter(lambda: raw.recv(4096), b""))
        assert said.startswith(b"HTTP/1.1 408 ")
        connection = connect(address)
        connection.request("POST", "/v1/predict", picture())
        assert connection.getresponse().status == 200
        connection.close()


@pytest.mark.parametrize(
    "sent",
    [
        b"\x00\xff\x16\x03\x01 not http\r\n\r\n",
        b"POST /v1/predict HTTP/1.1\r\nContent-Length: minus\r\n\r\n",
        b"POST /v1/predict HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
def test_what_is_no_http_disturbs_nobody(
    open_socket: Callable[..., Any], colors: Path, picture: Picture, sent: bytes
) -> None:
    with open_socket(colors) as address:
        place = urllib.parse.urlsplit(address)
        with socket.create_connection((place.hostname, place.port), timeout=5) as raw:
            raw.sendall(sent)
            raw.shutdown(socket.SHUT_WR)
            said = raw.recv(4096)
        assert not said.startswith(b"HTTP/1.1 5")
        connection = connect(address)
        connection.request("POST", "/v1/predict", picture())
        assert connection.getresponse().status == 200
        connection.close()


def test_a_port_in_use_is_an_error_with_a_hint(colors: Path) -> None:
    from winnow.serving.app import create_app
    from winnow.serving.source import find_source

    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(MachineError, match="cannot listen at") as caught,
    ):
        serve(create_app(lambda _: find_source(colors)), "127.0.0.1", taken.getsockname()[1])
    assert "--port" in caught.value.hint


def test_the_first_sigterm_drains_and_the_second_ends(colors: Path) -> None:
    from winnow.serving.app import create_app
    from winnow.serving.source import find_source

    app = create_app(lambda _: find_source(colors), Settings(drain_s=60))
    server = Server(uvicorn.Config(app), app.state.service)
    server.handle_exit(signal.SIGTERM, None)
    assert (app.state.service.is_draining, server.should_exit) == (True, False)
    server.handle_exit(signal.SIGTERM, None)
    assert server.should_exit


def test_a_draining_service_answers_and_asks_to_leave(
    open_client: Callable[..., Any], colors: Path, picture: Picture
) -> None:
    with open_client(colors) as client:
        assert "connection" not in client.get("/livez").headers
        client.app.state.service.drain()
        answer = client.post("/v1/predict", content=picture())
        assert (answer.status_code, answer.headers["connection"]) == (200, "close")
        assert client.get("/readyz").status_code == 503
        assert client.get("/livez").status_code == 200


def test_connections_send_at_once_and_do_not_wait_for_the_other_side() -> None:
    from winnow.serving.server import _listen

    with _listen("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()[:2]):
        connection, _ = listener.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
