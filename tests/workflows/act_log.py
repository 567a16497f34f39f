"""What act said, as jobs and steps."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from github_records import Run, Token, stamp


@dataclass
class Step:
    """A step that ran. One that was skipped is not there: act does not mention it."""

    id: str
    name: str
    result: str = ""
    """`success` or `failure`, also where the job went on."""
    duration_s: float = 0.0
    log: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    summary: str = ""


@dataclass
class Job:
    """A job that ran."""

    id: str
    name: str
    matrix: dict[str, Any]
    result: str = ""
    steps: list[Step] = field(default_factory=list)

    @property
    def summary(self) -> str:
        """What the job's page shows."""
        return "".join(step.summary for step in self.steps)

    @property
    def log(self) -> str:
        """What all steps printed."""
        return "".join(step.log for step in self.steps)

    @property
    def duration_s(self) -> float:
        """How long the steps took, one after the other."""
        return sum(step.duration_s for step in self.steps)

    def times(self) -> dict[str, object]:
        """Return when it ran, as GitHub tells it: it ended just now, and its steps followed each other."""
        begin = moment = datetime.now(UTC) - timedelta(seconds=self.duration_s)
        steps: list[dict[str, object]] = []
        for step in self.steps:
            end = moment + timedelta(seconds=step.duration_s)
            steps.append({"name": step.name, "started_at": stamp(moment), "completed_at": stamp(end)})
            moment = end
        times = {"created_at": stamp(begin), "started_at": stamp(begin), "completed_at": stamp(moment)}
        return {**times, "steps": steps}

    def step(self, name: str) -> Step:
        """Return the step with this id or name."""
        found = [step for step in self.steps if name in {step.id, step.name}]
        assert len(found) == 1, f"{len(found)} steps {name} in {[each.name for each in self.steps]}"
        return found[0]


@dataclass
class Outcome:
    """A run of a workflow that has ended."""

    run: Run
    token: Token
    """What the workflow had as its own; it is void by now."""
    is_success: bool
    jobs: list[Job]
    uses: list[dict[str, Any]]
    """The actions that ran, with their inputs."""
    log: str
    """All that act printed, JSON lines mostly."""

    def job(self, name: str) -> Job:
        """Return the job with this id; of a matrix, the only one that ran."""
        found = [job for job in self.jobs if name in {job.id, job.name}]
        assert len(found) == 1, (
            f"{len(found)} jobs {name} in {[(each.id, each.name) for each in self.jobs]}\n{self.log}"
        )
        return found[0]

    @property
    def summary(self) -> str:
        """The summaries of all jobs."""
        return "".join(job.summary for job in self.jobs)


def read_log(text: str) -> list[Job]:
    """Read what `act --json` printed; other lines are left out."""
    jobs: dict[str, Job] = {}
    for line in text.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if not isinstance(entry, dict) or "jobID" not in entry:
            continue
        name = str(entry["job"]).partition("/")[2].strip()
        key = f"{entry['jobID']} {name} {json.dumps(entry.get('matrix') or {}, sort_keys=True)}"
        job = jobs.setdefault(key, Job(entry["jobID"], name, entry.get("matrix") or {}))
        job.result = entry.get("jobResult", job.result)
        if entry.get("stepID"):
            _read_step(job, entry)
    return list(jobs.values())


def _read_step(job: Job, entry: dict[str, Any]) -> None:
    """A step of a composite action (`["3", "0"]`) belongs to the step that uses the action (`["3"]`)."""
    first, *inner = entry["stepID"]
    is_failure = entry.get("stepResult") == "failure"
    if entry.get("stage") != "Main" and not is_failure:
        return
    step = next((each for each in job.steps if each.id == first), None)
    if step is None:
        step = Step(first, str(entry["step"]))
        job.steps.append(step)
    message = str(entry.get("msg", ""))
    if entry.get("raw_output") or entry.get("level") == "error" or entry.get("command") in {"error", "warning"}:
        step.log += message if message.endswith("\n") else f"{message}\n"
    if entry.get("command") == "set-output":
        step.outputs[entry["name"]] = entry["arg"]
    if entry.get("command") == "summary":
        step.summary += entry["content"]
    if "stepResult" in entry and not inner:
        step.result = entry["stepResult"]
        step.duration_s += entry.get("executionTime", 0) / 1e9
