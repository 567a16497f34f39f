"""What a job shows on GitHub, and what it tells the jobs after it; elsewhere there is neither."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

_MAX_BYTES = 1_000_000
"""GitHub drops the summary of a step that is larger than 1,024 kB."""


def add_to_summary(pages: Iterable[str]) -> None:
    """Append Markdown pages to the job's summary, as many as it may hold."""
    place = os.environ.get("GITHUB_STEP_SUMMARY")
    if not place:
        return
    path, room = Path(place), _MAX_BYTES
    with path.open("a", encoding="utf-8", newline="\n") as stream:
        room -= path.stat().st_size
        for page in pages:
            room -= len(page.encode()) + 1
            if room < 0:
                stream.write("The summary has a limit: the rest is in the artifact.\n")
                return
            stream.write(f"{page}\n")


def set_outputs(outputs: Mapping[str, str], variables: Mapping[str, str] = os.environ) -> None:
    """Append the step's outputs, each of one line, for the jobs after it."""
    if place := variables.get("GITHUB_OUTPUT"):
        with Path(place).open("a", encoding="utf-8", newline="\n") as stream:
            stream.writelines(f"{key}={value}\n" for key, value in outputs.items())
