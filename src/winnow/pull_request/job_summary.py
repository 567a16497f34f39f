"""The page that a job shows on GitHub; elsewhere there is none."""

import os
from collections.abc import Iterable
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
