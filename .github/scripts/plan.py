# ruff: noqa: INP001  a script, no package
"""Decide from the changed files whether all systems are tested or Ubuntu alone: writes `full=true|false`.

A script and no task: it runs before there is an environment, and takes a second where making one takes a minute.
"""

import os
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

# What cannot behave differently on another system. A path that nobody thought of is tested everywhere.
LIGHT = re.compile(
    r"""
      [^/]+\.md | LICENSE
    | docs/.*\.(md|png|svg)
    | benchmarks/.*
    | data/.* | reports/.* | models/.*
    | params\.yaml | dvc\.lock | waivers\.yaml
    | recipes/.*
    | \.github/(CODEOWNERS|PULL_REQUEST_TEMPLATE\.md|dependabot\.yaml|ISSUE_TEMPLATE/.*|rulesets/.*)
    """,
    re.VERBOSE,
)


def heavy(paths: Iterable[str]) -> list[str]:
    """Return the paths that ask for every system."""
    return [path for path in paths if not LIGHT.fullmatch(path)]


def changed_paths() -> list[str] | None:
    """Return what the checked-out merge changes against its first parent; None where that is not known."""
    if os.environ.get("GITHUB_EVENT_NAME") != "pull_request":
        return None
    command = ("git", "diff", "--name-only", "--no-renames", "-z", "HEAD^1", "HEAD")
    run = subprocess.run(command, capture_output=True, check=False)  # noqa: S603  fixed words
    if run.returncode:
        return None
    return [path.decode(errors="replace") for path in run.stdout.split(b"\0") if path]


def decision(paths: list[str] | None) -> tuple[bool, str]:
    """Return whether everything is to run, and the reason."""
    if paths is None:
        return True, "this is no pull request, or what it changes is not known"
    wanted = heavy(paths)
    if not wanted:
        return False, f"none of the {len(paths)} changed files can matter to a system"
    return True, f"{len(wanted)} of the {len(paths)} changed files may matter to every system, such as {wanted[0]!r}"


def main() -> None:
    """Write the decision where the workflow reads it, and the reason where people do."""
    is_full, reason = decision(changed_paths())
    if "GITHUB_OUTPUT" in os.environ:
        with Path(os.environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as stream:
            stream.write(f"full={str(is_full).lower()}\n")
    print(f"{'all systems' if is_full else 'Ubuntu alone'}: {reason}")  # noqa: T201  the job's log


if __name__ == "__main__":
    main()
