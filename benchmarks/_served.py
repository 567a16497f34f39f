"""A service as a process: started, asked, weighed and ended. Shared by the benchmarks of serving."""

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from winnow.load_test.pictures import Picture
from winnow.load_test.sending import as_form

FIELD = "image"
START_WITHIN_S = 120.0
QUIET = {"ORT_DISABLE_TELEMETRY": "1", "BENTOML_DO_NOT_TRACK": "true", "DO_NOT_TRACK": "1"}


@dataclass(frozen=True)
class Contender:
    """One way to serve the model; `{port}` in its command is filled in."""

    title: str
    command: tuple[str, ...]
    path: str
    variables: Mapping[str, str] = field(default_factory=dict)
    installed_mb: float = 0.0


@dataclass
class Served:
    """A service that runs."""

    process: psutil.Popen
    url: str
    cold_start_s: float
    """From starting the process to its first answer to a picture."""

    @property
    def memory_mb(self) -> float:
        """Resident memory of the process and its descendants, pages that they share counted once (Linux)."""
        total = 0
        for one in (self.process, *self.process.children(recursive=True)):
            try:
                memory = one.memory_full_info()
            except psutil.Error:  # it has just ended
                continue
            total += getattr(memory, "pss", memory.rss)
        return total / 1e6

    @property
    def cpu_s(self) -> float:
        """Seconds that the processor worked for the process and its descendants so far."""
        family = (self.process, *self.process.children(recursive=True))
        return sum(sum(one.cpu_times()[:2]) for one in family)


@contextmanager
def serving(contender: Contender, picture: Picture, log: Path) -> Iterator[Served]:
    """Start it on a free port of loopback, wait for its first answer, and end it and all its children."""
    port = _free_port()
    command = [word.replace("{port}", str(port)) for word in contender.command]
    url = f"http://127.0.0.1:{port}"
    started = time.perf_counter()
    with log.open("wb") as stream:
        variables = {**os.environ, **QUIET, **contender.variables}
        process = psutil.Popen(
            command, stdout=stream, stderr=stream, env=variables, cwd=Path(__file__).parent, start_new_session=True
        )
    try:
        _wait(process, url + contender.path, picture, log)
        yield Served(process, url, time.perf_counter() - started)
    finally:
        _end(process)


def ask(address: str, picture: Picture, timeout_s: float = 30.0) -> int:
    """Send a picture in a form; return the status, 0 where nothing came."""
    body, content_type = as_form(FIELD, picture.content, picture.content_type)
    request = urllib.request.Request(address, body, {"Content-Type": content_type})
    try:
        with urllib.request.urlopen(request, timeout=timeout_s) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def _wait(process: psutil.Popen, address: str, picture: Picture, log: Path) -> None:
    end = time.monotonic() + START_WITHIN_S
    while ask(address, picture) != 200:
        if process.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"it did not answer: {log.read_text(encoding='utf-8', errors='replace')[-1500:]}")
        time.sleep(0.02)


def _end(process: psutil.Popen) -> None:
    try:
        family = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    process.send_signal(signal.SIGTERM)
    with suppress(psutil.TimeoutExpired):
        process.wait(15)
    for one in family:
        try:
            one.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(family, 10)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def call(*command: str, folder: Path | None = None) -> str:
    """Run a command; return what it says. Raises CalledProcessError."""
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=folder).stdout
