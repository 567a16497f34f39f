# ruff: noqa: INP001  a script, no package
"""Refuse a pull request that brings in a package with a known vulnerability, as GitHub's dependency graph tells it.

Reads `BASE` and `HEAD`, two commits. A script and no task: it needs GitHub's answer and no environment.
"""

import os
import sys
import urllib.error
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from ask_github import ask

# Answers of a repository whose dependency graph is off: a fork of the template, or a private one without the feature.
WITHOUT_GRAPH = {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}


def advisories(changes: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return a line for each known vulnerability of a package that was added or moved to another version."""
    return sorted(
        f"{change['manifest']}: {change['name']} {change['version']}: {flaw['severity']}, {flaw['advisory_ghsa_id']}"
        for change in changes
        if change["change_type"] == "added"
        for flaw in change.get("vulnerabilities", [])
    )


def main() -> int:
    """Say what was found; return 1 for a vulnerability, 2 when GitHub cannot be asked."""
    try:
        found = advisories(ask(f"dependency-graph/compare/{os.environ['BASE']}...{os.environ['HEAD']}"))
    except urllib.error.HTTPError as error:
        if error.code in WITHOUT_GRAPH:
            say("warning", f"Not reviewed: this repository has no dependency graph (answer {error.code}).")
            return 0
        say("error", f"GitHub's dependency graph answered {error.code}.")
        return 2
    except OSError as error:
        say("error", f"GitHub's dependency graph cannot be asked ({type(error).__name__}).")
        return 2
    for line in found:
        say("error", line)
    if not found:
        say("notice", "No new dependency has a known vulnerability.")
    return 1 if found else 0


def say(level: str, text: str) -> None:
    """Write a line where GitHub shows it beside the pull request, and to the page of the job."""
    print(f"::{level}::{text}")  # noqa: T201  the job's log
    if "GITHUB_STEP_SUMMARY" in os.environ:
        with Path(os.environ["GITHUB_STEP_SUMMARY"]).open("a", encoding="utf-8") as stream:
            stream.write(f"- {level}: {text}\n")


if __name__ == "__main__":
    sys.exit(main())
