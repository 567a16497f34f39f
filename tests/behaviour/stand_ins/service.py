"""A service on loopback that speaks issue 7's protocol, and misbehaves where a test wants it to."""

import io
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from PIL import Image

LABELS = ["cat", "dog"]
Lookup = Callable[[str], str]
"""From a path to NAME@VERSION of the model that answers there."""


@dataclass
class Fault:
    """What goes wrong with one model, from one of its predictions on."""

    after: int = 0
    status: int = 200
    delay_s: float = 0.0
    labels: list[str] = field(default_factory=lambda: list(LABELS))
    ready: int = 200


@dataclass
class Behaviour:
    """How all services answer; tests change it."""

    faults: dict[str, Fault] = field(default_factory=dict)
    """By STAGE/NAME@VERSION."""

    modes: set[str] = field(default_factory=set)
    """Of the pictures that came, format included."""

    counts: dict[str, int] = field(default_factory=dict)
    tokens: set[str | None] = field(default_factory=set)

    def answer(self, where: str, path: str, content: bytes) -> tuple[int, Any]:
        fault = self.faults.get(where, Fault())
        name, _, version = where.partition("/")[2].partition("@")
        if path == "/readyz":
            return fault.ready, {}
        if path == "/livez":
            return 200, {}
        if path == "/v1/model":
            return 200, {"name": name, "version": version, "labels": LABELS}
        if path != "/v1/predict":
            return 404, {}
        count = self.counts[where] = self.counts.get(where, 0) + 1
        try:
            with Image.open(io.BytesIO(content)) as image:
                image.load()
                self.modes.add(f"{image.format} {image.mode}")
        except OSError:
            return 415, {"title": "no picture"}
        if count <= fault.after:
            fault = Fault()
        time.sleep(fault.delay_s)
        top = [{"label": label, "probability": 0.75 - 0.5 * place} for place, label in enumerate(fault.labels)]
        return fault.status, {"predictions": [{"top": top}]}


@contextmanager
def serving(behaviour: Behaviour, lookup: Lookup) -> Iterator[int]:
    """Yield the port of a service; `lookup` tells from a path's beginning what answers: STAGE/NAME@VERSION."""

    class Handler(BaseHTTPRequestHandler):
        def respond(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            behaviour.tokens.add(self.headers.get("Authorization"))
            place, _, rest = self.path.rpartition("/v1/")
            path = f"/v1/{rest}" if place or self.path.startswith("/v1/") else f"/{self.path.rpartition('/')[2]}"
            status, answer = behaviour.answer(lookup(self.path), path, content)
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = respond  # noqa: N815

        def log_message(self, *arguments: object) -> None:
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
