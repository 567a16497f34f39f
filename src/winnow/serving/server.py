"""The process: it listens, says where, and ends when it is asked to, without dropping what it has taken in."""

import signal
import socket
import time
from types import FrameType

import uvicorn
from fastapi import FastAPI

from winnow.errors import MachineError
from winnow.logs import logger
from winnow.serving.service import Service

_BACKLOG = 2048
_KEEP_ALIVE_S = 30


class Server(uvicorn.Server):
    """Uvicorn's server, with a time in which clients are asked to leave before nobody is let in any more."""

    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self._service = service
        self._ends_at: float | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to drain at the first SIGTERM; end at the second, and at Ctrl-C."""
        if sig == signal.SIGTERM and self._ends_at is None:
            self._service.drain()
            self._ends_at = time.monotonic() + self._service.settings.drain_s
        else:
            super().handle_exit(sig, frame)

    async def on_tick(self, counter: int) -> bool:
        """Look, ten times a second, whether the time is over."""
        if self._ends_at is not None and time.monotonic() >= self._ends_at:
            self.should_exit = True
        return await super().on_tick(counter)


def serve(app: FastAPI, host: str, port: int) -> None:
    """Answer until SIGTERM or Ctrl-C. Raises what kept the model from loading, MachineError for a port in use."""
    service: Service = app.state.service
    with _listen(host, port) as listener:
        timeout_s = max(service.settings.limits.timeout_s, service.settings.explaining.timeout_s)
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            ws="none",
            backlog=_BACKLOG,
            timeout_keep_alive=_KEEP_ALIVE_S,
            timeout_graceful_shutdown=int(timeout_s) + 1,
        )
        server = Server(config, service)
        service.on_failure = lambda: setattr(server, "should_exit", True)
        shown = f"[{host}]" if ":" in host else host
        logger.info("listening at http://%s:%d", shown, listener.getsockname()[1])
        server.run([listener])
    if service.failure is not None:
        raise service.failure


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise MachineError(
            f"cannot listen at {host}, port {port}: {error.strerror or error}",
            hint="another --port, 0 for any free one",
        ) from None
    # Connections inherit it. asyncio sets it only where it made the socket itself; without it an answer's body waits
    # 40 ms behind its headers for a sign from the client.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
