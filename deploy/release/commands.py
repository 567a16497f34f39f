"""The cloud's programs: called with lists of words, never through a shell, each call in the journal."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from deploy.release.errors import CommandError, MissingError
from deploy.release.journal import Journal

_LIMIT_S = 900
_MAX_REASON = 600


class Commands:
    """Runs commands; a dry run only shows them, and asks nothing."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.is_dry = journal.is_dry

    def require(self, program: str) -> None:
        """Raise MissingError where a program is not installed. A dry run needs none."""
        if not self.is_dry and not shutil.which(program):
            raise MissingError(f"{program} is not installed, and nothing was changed")

    def do(self, why: str, words: Sequence[str]) -> None:
        """Run a command that changes something. Raises CommandError with the end of what it said."""
        self.journal.announce(why, words)
        if not self.is_dry:
            self._call(why, words)

    def ask(self, why: str, words: Sequence[str]) -> Any:
        """Return the JSON that a command answers, None in a dry run. Raises CommandError."""
        self.journal.announce(why, words)
        if self.is_dry:
            return None
        answer = self._call(why, words)
        try:
            return json.loads(answer)
        except ValueError:
            raise CommandError(f"{words[0]} answered no JSON: {answer[:_MAX_REASON]!r}") from None

    def secret(self, why: str, words: Sequence[str]) -> str:
        """Return what a command answers, which is kept nowhere. Raises CommandError; empty in a dry run."""
        self.journal.announce(why, words)
        return "" if self.is_dry else self._call(why, words).strip()

    @contextmanager
    def running(self, why: str, words: Sequence[str]) -> Iterator[str]:
        """Yield the first line that a command says, and end the command afterwards. Raises CommandError."""
        self.journal.announce(why, words)
        if self.is_dry:
            yield ""
            return
        process = _start(words, stderr=subprocess.STDOUT)
        assert process.stdout is not None
        # What nobody reads would fill the pipe, and the command would stop in the middle.
        reader = threading.Thread(target=process.stdout.read)
        try:
            line = process.stdout.readline()
            reader.start()
            self.journal.note("command", why=why, command=list(words), said=line.strip())
            yield line
        finally:
            _end(process)
            if reader.is_alive():
                reader.join()
            process.stdout.close()

    def _call(self, why: str, words: Sequence[str]) -> str:
        started = time.monotonic()
        self.journal.note("begin", why=why, command=list(words))
        try:
            process = _start(words, stderr=subprocess.PIPE)
        except OSError as error:
            raise CommandError(f"{why}: {error}") from None
        try:
            answer, said = process.communicate(timeout=_LIMIT_S)
        except subprocess.TimeoutExpired:
            raise CommandError(f"{why}: {words[0]} did not end within {_LIMIT_S} s") from None
        finally:
            _end(process)
        duration_s = round(time.monotonic() - started, 3)
        facts: dict[str, object] = {"exit_code": process.returncode, "duration_s": duration_s}
        if not process.returncode:
            self.journal.note("command", why=why, command=list(words), **facts)
            return answer
        reason = (said.strip() or answer.strip())[-_MAX_REASON:]
        self.journal.note("command", why=why, command=list(words), **facts, said=reason)
        raise CommandError(f"{why}: exit code {process.returncode}: {reason}")


@contextmanager
def exported(name: str, value: str) -> Iterator[None]:
    """Let commands find a value under a variable's name, for as long as this runs."""
    former = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        del os.environ[name]
        if former is not None:
            os.environ[name] = former


@contextmanager
def login() -> Iterator[None]:
    """Let `kubectl` find the cluster that the variable WINNOW_KUBECONFIG describes, for as long as this runs.

    A workflow has it as a secret, whose text must neither be typed into a command nor stay on the disk.
    """
    text = os.environ.pop("WINNOW_KUBECONFIG", "")
    if not text:
        yield
        return
    with TemporaryDirectory(prefix="winnow-") as folder:  # which only its owner may enter
        path = Path(folder) / "kubeconfig"
        path.touch(mode=0o600)
        path.write_text(text, "utf-8")
        with exported("KUBECONFIG", str(path)):
            yield


def _start(words: Sequence[str], *, stderr: int) -> subprocess.Popen[str]:
    # No question is asked of a terminal: a command that would ask fails. A session of its own: Ctrl-C comes to us
    # alone, so that no command dies half done before we decide what to put back.
    return subprocess.Popen(  # noqa: S603 - no shell, and every name was checked
        [shutil.which(words[0]) or words[0], *words[1:]],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        start_new_session=True,
    )


def _end(process: subprocess.Popen[str]) -> None:
    """End a command with all that it started: gcloud is a script around a program, which would go on alone."""
    if process.poll() is not None:
        return
    if sys.platform == "win32":
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
