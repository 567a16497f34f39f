"""Run programs of the environment, and say what happens."""

import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import bootstrap
from invoke import Exit

ROOT = bootstrap.ROOT
Command = tuple[str, ...]


def say(*lines: str) -> None:
    """Print lines on stdout at once, so that they stand before what a program prints next."""
    print(*lines, sep="\n", flush=True)  # noqa: T201  what a task says is its result


def run_steps(steps: Mapping[str, Command]) -> None:
    """Run every step, each with its time; at the end name those that failed, and fail with them."""
    failed = []
    for name, command in steps.items():
        say(f"== {name}: {' '.join(command)}")
        start = time.monotonic()
        code = run_here(*command)
        say(f"== {name}: {f'FAILED (exit code {code})' if code else 'ok'}, {time.monotonic() - start:.1f} s\n")
        failed += [name] if code else []
    if failed:
        raise Exit(f"failed: {', '.join(failed)}", code=1)


def must(*command: str, folder: Path = ROOT, **variables: str) -> None:
    """Run a command; end the task with its exit code when it fails."""
    code = run_here(*command, folder=folder, **variables)
    if code:
        raise Exit(f"failed: {' '.join(command)}", code=code)


def run_here(*command: str, folder: Path = ROOT, **variables: str) -> int:
    """Run a command of the environment in `folder`, with these variables besides; return its exit code."""
    return subprocess.call([program(command[0]), *command[1:]], cwd=folder, env=environment(command, variables))  # noqa: S603


def program(name: str) -> str:
    """Return where a program of the environment lies; one that it does not have is looked for in PATH."""
    return shutil.which(name, path=str(bootstrap.BIN)) or shutil.which(name) or name


def environment(command: Command, variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables for a command: those of the environment, and `variables`."""
    known = bootstrap.environment()
    if "pytest" in command:
        known.setdefault("OMP_NUM_THREADS", "1")
    return {**known, **variables}
