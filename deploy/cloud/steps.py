"""A step of setting up: one command that makes something, and how to see that it is there already."""

import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

Words = tuple[str, ...]


@dataclass(frozen=True)
class Step:
    """One thing that shall exist."""

    why: str
    make: Words
    probe: Words = ()
    """Succeeds where it exists already; empty: making it again does nothing."""

    renew: Words = ()
    """Brings what exists to what it shall be; empty: it stays as it is."""

    def script(self) -> str:
        """Return it as lines for a shell."""
        lines = [f"# {self.why}"]
        if self.renew:
            lines += [f"if {_quiet(self.probe)}; then", f"  {shlex.join(self.renew)}", "else"]
            lines += [f"  {shlex.join(self.make)}", "fi"]
        elif self.probe:
            lines += [f"{_quiet(self.probe)} ||", f"  {shlex.join(self.make)}"]
        else:
            lines += [shlex.join(self.make)]
        return "\n".join(lines) + "\n"


def script(steps: Sequence[Step]) -> str:
    """Return all steps as a shell script that stops at the first failure and may be run again."""
    return "\n".join(["#!/usr/bin/env bash\nset -euo pipefail\n", *(step.script() for step in steps)])


def run(steps: Sequence[Step]) -> int:
    """Show and run one step after the other; return the exit code of the first that fails, else 0."""
    programs = sorted({step.make[0] for step in steps})
    if missing := [program for program in programs if not shutil.which(program)]:
        say(f"error: {', '.join(missing)} is not installed, and nothing was changed")
        return 3
    for number, step in enumerate(steps, start=1):
        say(f"\n[{number}/{len(steps)}] {step.why}")
        exists = bool(step.probe) and _call(step.probe, is_quiet=True) == 0
        command = step.renew if exists else step.make
        if not command:
            say("  is there already")
            continue
        say(f"  {shlex.join(command)}")
        if code := _call(command):
            say(f"error: step {number} failed (exit code {code}); {number - 1} are done, {len(steps) - number} are not")
            say("hint: mend the reason above and run this again: what is done stays as it is")
            return code if code > 0 else 1
    return 0


def _call(words: Words, *, is_quiet: bool = False) -> int:
    sys.stdout.flush()
    output = subprocess.DEVNULL if is_quiet else None
    # No question is asked of a terminal: a command that would ask fails, and nothing is confirmed unseen.
    return subprocess.call(  # noqa: S603 - no shell, and every name was checked
        [shutil.which(words[0]) or words[0], *words[1:]], stdin=subprocess.DEVNULL, stdout=output, stderr=output
    )


def _quiet(words: Words) -> str:
    return f"{shlex.join(words)} >/dev/null 2>&1"


def say(message: str) -> None:
    """Tell what happens, on stdout: the commands are the answer."""
    sys.stdout.write(f"{message}\n")
    sys.stdout.flush()
