"""What GitHub does around a run: an event starts the workflows that wait for it, and their end starts others."""

import threading
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import github_events as events
from act import Machine
from act_log import Outcome
from github_records import Check, Comment, Pull, Repository, Run, User
from workflow_files import WorkflowFile, filter_pattern, workflow_files

# Those of the loop; ci and its like are run by nobody here.
LOOP = ("data", "pipeline", "report", "store", "label", "accept")


class Loop:
    """One repository. Each method is something that a person does; it returns all runs that came of it."""

    def __init__(self, machine: Machine, repository: Repository, *, without: Iterable[str] = ()) -> None:
        """`without`: workflows that this repository has switched off."""
        self.machine, self.repository = machine, repository
        self.outcomes: list[Outcome] = []
        """Of all runs, in the order in which they ended."""
        self._files = {file.stem: file for file in workflow_files() if file.stem in {*LOOP} - {*without}}
        # `concurrency`: of one workflow and branch, one run at a time.
        self._groups: dict[str, threading.Lock] = defaultdict(threading.Lock)

    def push(self, pull: Pull, action: str = "synchronize") -> list[Outcome]:
        """A pull request was opened or got a commit."""
        return self._begin("pull_request", events.pull_request(self.machine.server, self.repository, pull, action))

    def label(self, pull: Pull, label: str, by: User) -> list[Outcome]:
        """Somebody put a label on a pull request."""
        self.machine.server.github.put_label(self.repository, pull, label, by=by)
        return self._begin("pull_request", events.labeled(self.machine.server, self.repository, pull, label, by))

    def dispatch(self, workflow: str, inputs: dict[str, str] | None = None) -> Outcome:
        """Somebody asked for a run by hand."""
        payload = events.dispatch(self.machine.server, self.repository, inputs)
        return self._run(self._files[workflow], "workflow_dispatch", payload)[0]

    def after(self, run: Run) -> list[Outcome]:
        """Run what waits for a run to end, as when somebody runs it again."""
        payload = events.workflow_run(self.machine.server, self.repository, run)
        waiting = [
            file
            for file in self._files.values()
            if run.name in file.triggers.get("workflow_run", {}).get("workflows", [])
        ]
        return [each for file in waiting for each in self._run(file, "workflow_run", payload)]

    def _begin(self, event: str, payload: dict[str, Any]) -> list[Outcome]:
        started = [file for file in self._files.values() if starts(file, event, payload, self._changed(payload))]
        with ThreadPoolExecutor(max(1, len(started))) as threads:
            chains = list(threads.map(lambda file: self._run(file, event, payload), started))
        return [outcome for chain in chains for outcome in chain]

    def _changed(self, payload: dict[str, Any]) -> list[str]:
        return self.repository.pulls[payload["number"]].files

    def _run(self, file: WorkflowFile, event: str, payload: dict[str, Any]) -> list[Outcome]:
        about = payload.get("workflow_run") or {
            "head_branch": payload.get("pull_request", {}).get("head", {}).get("ref")
        }
        with self._groups[f"{file.stem}-{about['head_branch']}"]:
            outcome = self.machine.run(self.repository, file.name, event, payload)
        self.outcomes.append(outcome)
        return [outcome, *self.after(outcome.run)]


def starts(file: WorkflowFile, event: str, payload: dict[str, Any], changed: list[str]) -> bool:
    """Return whether an event of a pull request that changes these files starts a workflow."""
    if event not in file.triggers:
        return False
    filters = file.triggers[event]
    if payload["action"] not in filters.get("types", ["opened", "synchronize", "reopened"]):
        return False
    patterns = [filter_pattern(glob) for glob in filters.get("paths", ["**"])]
    return any(pattern.fullmatch(path) for pattern in patterns for path in changed)


def named(outcomes: list[Outcome], workflow: str) -> Outcome:
    """Return the last run of a workflow among these."""
    found = [outcome for outcome in outcomes if outcome.run.name == workflow]
    assert found, f"no run of {workflow} among {[each.run.name for each in outcomes]}"
    return found[-1]


@dataclass(frozen=True)
class Seen:
    """What people see of a pull request at one moment, and the runs that brought it there."""

    outcomes: list[Outcome]
    comments: list[Comment]
    """Those of workflows."""
    checks: dict[str, Check]
    """The newest of each name at the head."""

    @classmethod
    def of(cls, repository: Repository, pull: Pull, outcomes: list[Outcome]) -> "Seen":
        comments = [replace(each) for each in repository.comments_on(pull.number) if each.author.is_bot]
        checks = {each.name: replace(each) for each in reversed(repository.checks_of(pull.head_sha))}
        return cls(outcomes, comments, checks)

    def run(self, workflow: str) -> Outcome:
        """Return the last run of a workflow."""
        return named(self.outcomes, workflow)

    @property
    def names(self) -> list[str]:
        """The workflows that ran, by name."""
        return sorted(outcome.run.name for outcome in self.outcomes if outcome.jobs)
