"""Rules for the two kinds of run: those with a pull request's code, and those with rights. Nothing is both."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from workflow_files import WorkflowFile

# A login to the bucket as its reader is all that a pull request's own run may have.
_HARMLESS = {"id-token"}
_PUSHER = "WINNOW_GCP_PUSH_ACCOUNT"
_PUSHES_IN = "winnow-push"
_OWN_BRANCH = "github.event.pull_request.head.repo.id == github.event.repository.id"
_OPTIONAL = ("iterative/setup-cml@",)
_BY_NAME = re.compile(
    r"head\.repo\.(?:full_name|name|fork|owner)|head_repository\.(?:full_name|name|fork|owner)"
    r"|github\.(?:repository|repository_owner|actor|triggering_actor)\s*[!=]="
)
_OTHER_EVENT = "github.event_name != 'pull_request'"
_GROUP = ("github.event.workflow_run.head_repository.id", "github.event.workflow_run.head_branch")


def a_pull_requests_own_run_cannot_write(file: WorkflowFile) -> Iterator[str]:
    if "pull_request" not in file.triggers:
        return
    for name, job in file.jobs.items():
        if _is_for_other_events(str(job.get("if", ""))):
            continue
        asked = job.get("permissions", {})
        rights = {right for right, level in asked.items() if level == "write"} if isinstance(asked, Mapping) else set()
        if rights - _HARMLESS:
            yield f"{file.name}: {name} runs a pull request's code and may write {sorted(rights - _HARMLESS)}"
        if _PUSHES_IN in str(job.get("environment")):
            yield f"{file.name}: {name} runs a pull request's code where the bucket may be written"
    if _PUSHER in file.text:
        yield f"{file.name}: the identity that writes beside a pull request's code"


def _is_for_other_events(condition: str) -> bool:
    """Return whether no run of a pull request has this job: nothing beside that demand opens another way."""
    flat, before = condition, ""
    while flat != before:
        flat, before = re.sub(r"\([^()]*\)", "", flat), flat
    return "||" not in flat and _OTHER_EVENT in [part.strip() for part in flat.split("&&")]


def a_runner_of_ours_takes_no_fork(file: WorkflowFile) -> Iterator[str]:
    for name, job in file.jobs.items():
        if "vars.WINNOW_RUNNER" not in str(job.get("runs-on")):
            continue
        if _OWN_BRANCH not in str(job.get("if")):
            yield f"{file.name}: {name} may run a fork's code on a machine of ours"
        if "vars.WINNOW_RUNNER" not in str(job.get("environment")):
            yield f"{file.name}: {name} asks nobody before a machine of ours starts"


def a_login_beside_a_pull_request_is_not_for_forks(file: WorkflowFile) -> Iterator[str]:
    """GitHub gives a fork no identity; the step would fail, and with it the run."""
    if "pull_request" not in file.triggers:
        return
    for name, job in file.jobs.items():
        for step in job.get("steps", []):
            conditions = f"{job.get('if', '')} {step.get('if', '')}"
            if str(step.get("uses", "")).startswith("google-github-actions/auth@") and _OWN_BRANCH not in conditions:
                yield f"{file.name}: {name} logs in for a fork too"


def repositories_are_told_apart_by_number(file: WorkflowFile) -> Iterator[str]:
    for text in file.expressions():
        found = _BY_NAME.search(text)
        if found:
            yield f"{file.name}: `{found[0].strip()}` is a name, which somebody else may take"


def what_is_handed_over_stays_out_of_the_checkout(file: WorkflowFile) -> Iterator[str]:
    """A file of an artifact that lies in the checkout of a trusted run may be a module that Python imports."""
    if "workflow_run" not in file.triggers:
        return
    for place, step in file.steps():
        path = str(step.get("with", {}).get("path", ""))
        if str(step.get("uses", "")).startswith("actions/download-artifact@") and "runner.temp" not in path:
            yield f"{place}: puts what was handed over into the checkout"


def a_trusted_run_ends_what_it_began(file: WorkflowFile) -> Iterator[str]:
    if "workflow_run" not in file.triggers:
        return
    group = file.data.get("concurrency", {})
    if group.get("cancel-in-progress") is not False:
        yield f"{file.name}: a trusted run may be stopped half-way"
    missing = [part for part in _GROUP if part not in str(group.get("group"))]
    if missing:
        yield f"{file.name}: runs of two branches wait for each other: its group lacks {', '.join(missing)}"


def a_red_run_hands_over_too(file: WorkflowFile) -> Iterator[str]:
    """What failed is what people want to read about."""
    for name, job in file.jobs.items():
        steps: list[dict[str, Any]] = job.get("steps", [])
        works = [number for number, step in enumerate(steps) if "winnow pr " in str(step.get("run", ""))]
        for number, step in enumerate(steps):
            is_upload = str(step.get("uses", "")).startswith("actions/upload-artifact@")
            if is_upload and works and number > works[0] and step.get("if") != "${{ !cancelled() }}":
                yield f"{file.name}: {name}, step {number + 1}: hands nothing over after a failure"


def nothing_goes_on_after_an_error_that_matters(file: WorkflowFile) -> Iterator[str]:
    for place, step in file.steps():
        if step.get("continue-on-error") and not str(step.get("uses", "")).startswith(_OPTIONAL):
            yield f"{place}: goes on after an error"


TRUST = (
    a_pull_requests_own_run_cannot_write,
    a_runner_of_ours_takes_no_fork,
    a_login_beside_a_pull_request_is_not_for_forks,
    repositories_are_told_apart_by_number,
    what_is_handed_over_stays_out_of_the_checkout,
    a_trusted_run_ends_what_it_began,
    a_red_run_hands_over_too,
    nothing_goes_on_after_an_error_that_matters,
)
