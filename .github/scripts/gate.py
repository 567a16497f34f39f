# ruff: noqa: INP001  a script, no package
"""Close a workflow with one check: fails unless every job passed, and writes a table of the jobs and their times.

Reads `NEEDS` (the `needs` of the job, as JSON), `MAY_SKIP` (jobs that were left out on purpose) and `APART` (jobs that
are checks of their own: shown, not judged). A script and no task: a gate must not wait a minute for an environment.
"""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from ask_github import ask


@dataclass(frozen=True)
class Job:
    """One run of a job, with times in seconds since the workflow was asked for."""

    name: str
    result: str
    start_s: float
    end_s: float

    @classmethod
    def of(cls, record: Mapping[str, Any], asked: datetime) -> Self:
        """Return a job of GitHub's list."""
        start, end = (datetime.fromisoformat(record[key]) for key in ("started_at", "completed_at"))
        seconds = [(each - asked).total_seconds() for each in (start, end)]
        return cls(record["name"], record["conclusion"] or "unknown", *seconds)


def problems(needs: Mapping[str, Mapping[str, Any]], may_skip: set[str], apart: set[str]) -> list[str]:
    """Return a sentence for each job that keeps the gate shut. Only `success` opens it: an unknown result does not."""
    if not needs:
        return ["no job was handed to the gate"]
    found = []
    for name, job in needs.items():
        result = job.get("result")
        if name in apart or result == "success" or (result == "skipped" and name in may_skip):
            continue
        found.append(f"{name}: {result}")
    return found


def finished_jobs() -> list[Job]:
    """Return the jobs of this run that have ended, as GitHub timed them."""
    run = f"actions/runs/{os.environ['GITHUB_RUN_ID']}/attempts/{os.environ.get('GITHUB_RUN_ATTEMPT', '1')}"
    asked = datetime.fromisoformat(ask(run)["run_started_at"])
    records = ask(f"{run}/jobs?per_page=100")["jobs"]
    return [Job.of(record, asked) for record in records if record.get("completed_at") and record.get("started_at")]


def time_table(jobs: list[Job]) -> list[str]:
    """Return the lines of a Markdown table: who waited, who ran for how long, and when the last one ended."""
    ran = sorted((job for job in jobs if job.result != "skipped"), key=lambda job: job.start_s)
    if not ran:
        return ["GitHub names no finished job, so there are no times."]
    lines = ["| job | result | began after (s) | took (s) |", "| --- | --- | ---: | ---: |"]
    for job in ran:
        name = job.name.replace("|", "\\|")
        lines.append(f"| {name} | {job.result} | {job.start_s:.0f} | {job.end_s - job.start_s:.0f} |")
    last = max(ran, key=lambda job: job.end_s)
    return [*lines, "", f"The last to end was *{last.name}*, {last.end_s:.0f} s after the start."]


def summary(needs: Mapping[str, Mapping[str, Any]], found: list[str], apart: set[str]) -> list[str]:
    """Return the page of the job: the verdict, what stands apart, and the times."""
    title = f"Failed: {', '.join(found)}" if found else "Everything that ran passed"
    beside = [f"A check of its own: {name}: {needs[name].get('result')}" for name in sorted(apart & set(needs))]
    try:
        times = time_table(finished_jobs())
    except (OSError, KeyError, TypeError, ValueError) as error:
        times = [f"The times are not available ({type(error).__name__})."]
    return [f"### {title}", "", *beside, "", *times]


def main() -> int:
    """Write the summary; return 1 when the gate stays shut."""
    needs = json.loads(os.environ["NEEDS"])
    may_skip, apart = (set(os.environ.get(name, "").split()) for name in ("MAY_SKIP", "APART"))
    found = problems(needs, may_skip, apart)
    page = "\n".join(summary(needs, found, apart)) + "\n"
    print(page)  # noqa: T201  the job's log
    if "GITHUB_STEP_SUMMARY" in os.environ:
        with Path(os.environ["GITHUB_STEP_SUMMARY"]).open("a", encoding="utf-8") as stream:
            stream.write(page)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
