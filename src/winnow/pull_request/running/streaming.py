"""A program whose output goes to the log as it comes, and whose last words are kept."""

import os
import re
import subprocess
import sys
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from winnow.disclosure import read_disclosure
from winnow.errors import WinnowError
from winnow.project import Project
from winnow.pull_request.record import MAX_TEXT

_CODES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_MAX_LINES = 2_000
_MAX_LINE = 2_000


@dataclass(frozen=True)
class Ran:
    """How a program ended."""

    code: int
    lines: list[str]
    """What it printed, stdout and stderr as they came, without control characters; the last two thousand lines."""


def stream(project: Project, *arguments: str) -> Ran:
    """Run a module of this Python (`dvc …`) in the project's folder, with the environment's programs on the path."""
    lines: deque[str] = deque(maxlen=_MAX_LINES)
    # A stage calls `winnow` and `python` by name: those of this environment.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    with subprocess.Popen(  # noqa: S603 - our own interpreter, our own arguments
        [sys.executable, "-m", *arguments],
        cwd=project.root,
        env={**os.environ, "DVC_NO_ANALYTICS": "1", "PATH": path, "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            sys.stderr.write(line)
            sys.stderr.flush()
            lines.append(_plain(line))
    return Ran(process.returncode, list(lines))


def ask_winnow(project: Project, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run another command of winnow for what it prints."""
    return subprocess.run(  # noqa: S603 - our own interpreter, our own arguments
        [sys.executable, "-m", "winnow", *arguments],
        cwd=project.root,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


def last_words(project: Project, lines: list[str]) -> str:
    """Return the end of an output, as much as a record may hold; it names no place on this disk."""
    text = "\n".join(lines).replace(f"{project.root}{os.sep}", "").replace(str(Path.home()), "~").strip()
    return text[-MAX_TEXT:]


def told(project: Project, lines: list[str], otherwise: str) -> str:
    """Return the end of an output that may name images; where a project shows aggregates only, `otherwise`."""
    with suppress(WinnowError):
        if read_disclosure(project).may_show_ids:
            return last_words(project, lines)
    return otherwise


def _plain(line: str) -> str:
    seen = _CODES.sub("", line.rstrip("\n"))[:_MAX_LINE]
    return "".join(char if char.isprintable() or char == "\t" else "\ufffd" for char in seen)
