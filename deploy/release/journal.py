"""Every step as a line of JSON, on the disk before the next step begins, and a summary at the end."""

import json
import os
import shlex
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from deploy.cloud.steps import say

STEPS = "steps.jsonl"
SUMMARY = "summary.json"


class Journal:
    """A folder with `steps.jsonl`, which is only ever appended to, and `summary.json` of the last run."""

    def __init__(self, folder: Path, *, is_dry: bool = False) -> None:
        self.folder = folder
        self.is_dry = is_dry

    def note(self, step: str, **facts: object) -> None:
        """Say and keep what happened. A dry run keeps nothing."""
        if self.is_dry:
            return
        line = json.dumps({"at": _now(), "step": step, **facts}, ensure_ascii=False)
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / STEPS).open("a", encoding="utf-8") as stream:
            stream.write(f"{line}\n")
            stream.flush()
            os.fsync(stream.fileno())

    def announce(self, why: str, words: Sequence[str]) -> None:
        """Show a command before it runs, as it could be typed."""
        say(f"# {why}\n{shlex.join(words)}")

    def remark(self, text: str) -> None:
        """Tell what is no command, as a comment among the commands."""
        say(f"# {text}")

    def write(self, name: str, text: str) -> Path:
        """Write a file that a command reads, and return its absolute path; a dry run shows it instead."""
        path = (self.folder / name).absolute()
        if self.is_dry:
            say("\n".join([f"# {path} would hold:", *(f"#   {line}".rstrip() for line in text.splitlines())]))
            return path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def summarize(self, summary: Mapping[str, object]) -> None:
        """Write the summary, whole or not at all."""
        if self.is_dry:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        draft = self.folder / f"{SUMMARY}.part"
        draft.write_text(
            json.dumps({"schema": 1, "at": _now(), **summary}, indent=2, ensure_ascii=False) + "\n", "utf-8"
        )
        draft.replace(self.folder / SUMMARY)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
