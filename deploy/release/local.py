"""This machine: one process a stage, which changes its model without losing a request; the candidate is another."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

from deploy.cloud.names import check_number
from deploy.release.asking import Service
from deploy.release.commands import Commands
from deploy.release.errors import CommandError
from deploy.release.order import ALL, Order, Serving, Stage

ATTESTATION = "attestation.json"
PROGRAM = "winnow"
RELOAD = "/v1/admin/reload"
_END_WITHIN_S = 40.0
_START_WITHIN_S = 30.0
_OK = 200


@dataclass(frozen=True)
class Desk:
    """Where models and what is known of processes lie."""

    folder: Path
    """Of the model, as `winnow pull-model` wrote it."""

    state: Path
    """Holds `STAGE.json` and `STAGE.log`."""

    port: int = 8000
    """Of production; staging has the next one."""

    def __post_init__(self) -> None:
        check_number("port", self.port, 1024, 65_534)

    def attestation(self) -> str:
        """Return what the folder says about its files. Raises CommandError for a folder without that."""
        try:
            return (self.folder / ATTESTATION).read_text("utf-8")
        except OSError:
            raise CommandError(f"expected {self.folder / ATTESTATION}: `winnow pull-model` writes it") from None


class Local:
    """One stage as a process on loopback."""

    _started: ClassVar[list[subprocess.Popen[bytes]]] = []
    """They outlive us; while we live, their ends are ours to notice."""

    def __init__(self, order: Order, desk: Desk, stage: Stage, commands: Commands) -> None:
        self._order, self._desk, self._stage, self._commands = order, desk, stage, commands
        self._port = desk.port + (stage == "staging")
        self._path = desk.state / f"{stage}.json"
        self.release = order.identity("" if commands.is_dry else desk.attestation())

    def require(self) -> None:
        """Raise MissingError where winnow is not installed."""
        self._commands.require(PROGRAM)

    def look(self) -> Serving:
        """Return what serves; a process that is gone serves nothing, and is what to go back to."""
        state = self._read()
        release, previous = state.get("release", ""), state.get("previous", "")
        if release and self._answers(self._port):
            return Serving({release: ALL}, previous)
        return Serving({}, release if release != self.release else previous)

    def place(self, before: Serving) -> None:  # noqa: ARG002 - the clouds need it
        """Start the candidate at a port of its own."""
        self._end("candidate")
        port = _free_port()
        # Nobody else asks it, so it need not wait for anybody when it ends.
        process = self._start(str(self._desk.folder), port, "start the candidate", "--drain-s", "0")
        self._write(candidate={"pid": process, "port": port})

    def share(self, before: Serving) -> None:  # noqa: ARG002 - the clouds need it
        """Send nobody: one process has one port. The canary is judged by our own pictures alone."""
        self._commands.journal.remark(f"{self._stage}: no user is sent to the candidate on this machine")

    def promote(self, before: Serving) -> None:
        """Let the stage's process take the model, or start it where there is none."""
        self._serve(self.release, self._order.model, str(self._desk.folder), before.previous(self.release))

    def settle(self) -> None:
        """End the candidate."""
        self._end("candidate")

    def put_back(self, before: Serving) -> None:
        """Give the stage the model that it had; end the process where it had none."""
        self.settle()
        previous = before.previous(self.release)
        if self._commands.is_dry:
            return
        if previous:
            known = self._read()["releases"][previous]
            self._serve(previous, known["model"], known["folder"], "")
        elif self._read().get("release") == self.release:
            self._end("service")
            self._path.unlink(missing_ok=True)

    @contextmanager
    def reach(self, who: Literal["candidate", "all"]) -> Iterator[Service]:
        """Yield the address on loopback."""
        port = self._port if who == "all" else self._read().get("candidate", {}).get("port", 0)
        yield Service(f"http://127.0.0.1:{port or self._port}")

    def requests_since(self, since: str) -> list[tuple[bool, float]] | None:  # noqa: ARG002 - Cloud Run needs it
        """Say nothing: nobody but us asked the candidate."""
        return None

    def _serve(self, release: str, model: str, folder: str, previous: str) -> None:
        why = f"{self._stage}: everything for {release}"
        state = self._read()
        if self._commands.is_dry or not self._answers(self._port):
            process = self._start(folder, self._port, why)
            self._write(service={"pid": process, "port": self._port})
        elif self._holds() != model:
            self._commands.journal.announce(why, ["POST", f"http://127.0.0.1:{self._port}{RELOAD}"])
            service = Service(f"http://127.0.0.1:{self._port}", state.get("token", ""))
            answer = service.ask(RELOAD, json.dumps({"model": folder}).encode(), "application/json")
            if answer.status != _OK:
                raise CommandError(f"{why}: {answer.status} {answer.body[:300].decode('utf-8', 'replace')}")
        known = {**state.get("releases", {}), release: {"model": model, "folder": folder}}
        self._write(release=release, previous=previous, releases=known)

    def _start(self, folder: str, port: int, why: str, *more: str) -> int:
        """Start a service that outlives this program; return its process once it listens."""
        words = [PROGRAM, "serve", folder, "--host", "127.0.0.1", "--port", str(port), *more]
        self._commands.journal.announce(why, words)
        if self._commands.is_dry:
            return 0
        token = self._read().get("token") or secrets.token_hex(32)
        self._write(token=token)
        detached: Any = {
            "start_new_session": sys.platform != "win32",
            "creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        }
        variables = {**os.environ, "WINNOW_ADMIN_TOKEN": token, "WINNOW_STAGE": self._stage}
        with (self._desk.state / f"{self._stage}.log").open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - no shell, and every name was checked
                words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=variables, **detached
            )
        self._started.append(process)
        limit = time.monotonic() + _START_WITHIN_S
        while not self._answers(port):
            if process.poll() is not None or time.monotonic() > limit:
                process.kill()
                raise CommandError(f"{why}: winnow serve does not answer; see {self._desk.state / self._stage}.log")
            time.sleep(0.05)
        self._commands.journal.note("started", stage=self._stage, pid=process.pid, port=port)
        return process.pid

    def _end(self, who: Literal["candidate", "service"]) -> None:
        """Ask a process to end, and wait until it has; one that does not answer is nobody's we know."""
        known = self._read().get(who)
        if self._commands.is_dry or not known:
            return
        if self._answers(known["port"]):
            os.kill(known["pid"], signal.SIGTERM)
            limit = time.monotonic() + _END_WITHIN_S
            while self._lives(known["pid"]):
                if time.monotonic() > limit:
                    raise CommandError(f"process {known['pid']} at port {known['port']} does not end")
                time.sleep(0.05)
        self._write(**{who: None})

    def _lives(self, pid: int) -> bool:
        for process in self._started:
            if process.pid == pid:
                return process.poll() is None
        if sys.platform == "win32":  # there, signal 0 is Ctrl-C, and SIGTERM has ended it at once
            return False
        try:
            os.kill(pid, 0)
        except OSError:
            return False
        return True

    def _holds(self) -> str:
        """Return NAME@VERSION of what the stage's process has, empty where it does not say."""
        answer = Service(f"http://127.0.0.1:{self._port}").ask("/v1/model")
        try:
            content = json.loads(answer.body)
            return f"{content['name']}@{content['version']}"
        except (ValueError, KeyError, TypeError):
            return ""

    def _answers(self, port: int) -> bool:
        return not self._commands.is_dry and Service(f"http://127.0.0.1:{port}").ask("/livez").status == _OK

    def _read(self) -> dict[str, Any]:
        if self._commands.is_dry or not self._path.exists():
            return {}
        state: dict[str, Any] = json.loads(self._path.read_text("utf-8"))
        return state

    def _write(self, **changes: object) -> None:
        """Change what is known, whole or not at all; it holds the token, so only its owner reads it."""
        if self._commands.is_dry:
            return
        self._desk.state.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_suffix(".part")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps({**self._read(), **changes}, indent=2) + "\n", "utf-8")
        draft.replace(self._path)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
