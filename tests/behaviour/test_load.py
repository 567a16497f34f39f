"""`winnow load` as a process against services on loopback: a quick one, a slow one, one that refuses."""

import csv
import importlib.util
import itertools
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from test_serving import save, service

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("locust") is None, reason="locust (extra `load`) is not installed"),
]

Reply = Callable[[bytes], int]


@contextmanager
def stand_in(reply: Reply) -> Iterator[str]:
    """Answer every picture with the status that `reply` returns; yield the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._send(200)

        def do_POST(self) -> None:
            self._send(reply(self.rfile.read(int(self.headers["Content-Length"]))))

        def _send(self, status: int) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 256

        def handle_error(self, *_: object) -> None:  # clients leave in the middle when the time is up
            pass

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join(10)


Load = Callable[..., tuple[int, Any]]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Return a function that runs `winnow load` with a small picture: its exit code, and what it says."""
    Image.new("RGB", (8, 8)).save(tmp_path / "picture.png")

    def run(url: str, *words: str) -> tuple[int, Any]:
        command = [sys.executable, "-m", "winnow", "load", url, "--json", "--pictures", str(tmp_path), *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr

    return run


def test_a_served_model_is_asked_with_every_kind_of_picture(tmp_path: Path) -> None:
    model = save(tmp_path / "model", "v1.0.0", size=32)
    with service(model, WINNOW_DRAIN_S="0", WINNOW_API_KEYS="key") as (_, address):
        words = ["--rate", "20", "--duration-s", "2.5", "--max-p99-ms", "5000", "--out", str(tmp_path / "out")]
        command = [sys.executable, "-m", "winnow", "load", address, *words, "--warm-up-s", "0.5"]
        environment = {**os.environ, "WINNOW_LOAD_TOKEN": "key"}
        run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    with (tmp_path / "out" / "requests.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == pytest.approx(60, rel=0.5)
    assert {row["status"] for row in rows} == {"200"}
    assert len({row["picture"] for row in rows}) > 25


def test_a_stall_counts_for_all_who_came_meanwhile_not_only_for_the_one_who_was_asked(load: Load) -> None:
    """Coordinated omission: one second in which nothing answers, at 50 arrivals a second."""
    begun: list[float] = []

    def stall(_: bytes) -> int:
        begun.append(time.monotonic())
        since = time.monotonic() - begun[0]
        if 1.0 < since < 2.0:
            time.sleep(2.0 - since)
        return 200

    with stand_in(stall) as url:
        words = ("--rate", "50", "--duration-s", "3", "--warm-up-s", "0.5", "--max-p95-ms", "500")
        code, found = load(url, *words)
    assert code == 1
    # A third of the arrivals fell into the stall, and waited half a second on average.
    assert found["latency"]["p95_ms"] > 500
    assert found["latency"]["p50_ms"] < 250
    assert found["num_errors"] == 0


def test_more_than_may_be_under_way_waits_here_and_its_wait_counts(load: Load) -> None:
    def slow(_: bytes) -> int:
        time.sleep(0.1)
        return 200

    with stand_in(slow) as url:
        code, found = load(url, "--rate", "40", "--duration-s", "2", "--warm-up-s", "0", "--max-open", "2")
    assert code == 0
    assert found["latency"]["max_ms"] > 1000, "two at once answer twenty a second of forty"
    assert found["client_late_p99_ms"] > 900


def test_refusals_are_no_errors_but_have_a_limit_of_their_own(load: Load) -> None:
    count = itertools.count()

    def refuse(_: bytes) -> int:
        return 503 if next(count) % 2 else 200

    with stand_in(refuse) as url:
        words = ("--users", "2", "--duration-s", "1", "--warm-up-s", "0.2", "--max-refused-fraction", "0.1")
        code, found = load(url, *words)
    assert (code, found["num_errors"]) == (1, 0)
    assert found["refused_fraction"] == pytest.approx(0.5, abs=0.05)
    (broken,) = found["broken"]
    assert broken.startswith("refused: expected at most 0.1 of all")


def test_no_answer_in_time_is_an_error(load: Load) -> None:
    def silent(_: bytes) -> int:
        time.sleep(2)
        return 200

    with stand_in(silent) as url:
        code, found = load(url, "--rate", "10", "--duration-s", "1", "--warm-up-s", "0", "--timeout-s", "0.3")
    assert code == 1
    assert found["statuses"].keys() == {"none"}
    assert found["broken"] == [f"none of {found['num_asked']} requests was answered"]
