"""Rules for when a workflow starts, where it runs, and how it ends."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from workflow_commands import a_step_is_one_command_that_exists
from workflow_files import ROOT, WorkflowFile, filter_pattern, required_checks, tracked_files

IMAGES = {"ubuntu-24.04", "windows-2025", "macos-15"}
HOSTED_LIMIT_MIN = 60
TRAINING_LIMIT_MIN = 24 * 60
OWN_RUNNER = "vars.WINNOW_RUNNER"


def a_name_tells_the_file(file: WorkflowFile) -> Iterator[str]:
    if not file.is_action and not file.name.endswith(".yaml"):
        yield f"{file.name}: a workflow ends in .yaml"
    if not file.is_action and file.data.get("name") != file.stem:
        yield f"{file.name}: calls itself {file.data.get('name')}"
    for place, step in file.steps():
        if "name" not in step:
            yield f"{place}: has no name"


def every_job_ends_in_time(file: WorkflowFile) -> Iterator[str]:
    for name, job in file.jobs.items():
        limit = TRAINING_LIMIT_MIN if OWN_RUNNER in str(job.get("runs-on")) else HOSTED_LIMIT_MIN
        if "uses" in job:
            continue  # the jobs of the workflow that it calls have limits of their own
        minutes = job.get("timeout-minutes")
        if not isinstance(minutes, int) or not 1 <= minutes <= limit:
            yield f"{file.name}: {name} has no timeout between 1 and {limit} minutes"


def what_is_superseded_stops(file: WorkflowFile) -> Iterator[str]:
    if file.is_action or set(file.triggers) == {"workflow_call"}:
        return
    group = file.data.get("concurrency")
    if not isinstance(group, Mapping) or "${{" not in str(group.get("group")):
        yield f"{file.name}: no concurrency group of its own for each branch or pull request"
    elif not str(group["group"]).startswith(f"{file.stem}-"):
        yield f"{file.name}: its concurrency group could stop another workflow"
    elif "pull_request" in file.triggers and group.get("cancel-in-progress") in {None, False}:
        yield f"{file.name}: a second push leaves the first run going"


def every_runner_is_a_named_image(file: WorkflowFile) -> Iterator[str]:
    for name, job in file.jobs.items():
        if "uses" in job:
            continue
        wanted = str(job.get("runs-on"))
        if wanted == "${{ matrix.os }}":
            images = matrix_values(job, "os")
        elif OWN_RUNNER in wanted:
            images = set(re.findall(r"[a-z]+-[\w.]+", wanted.replace("self-hosted", ""))) or {"no default"}
        else:
            images = {wanted}
        for image in sorted(images - IMAGES) or ([] if images else ["no image"]):
            yield f"{file.name}: {name} runs on `{image}`"


def matrix_values(job: Mapping[str, Any], key: str) -> set[str]:
    """Return what a matrix puts in place of `matrix.KEY`."""
    matrix = job.get("strategy", {}).get("matrix", {})
    if not isinstance(matrix, Mapping):
        return {"a computed matrix"}
    return set(matrix.get(key, [])) | {entry[key] for entry in matrix.get("include", []) if key in entry}


def path_filters_match_something(file: WorkflowFile) -> Iterator[str]:
    for event, filters in file.triggers.items():
        for key in ("paths", "paths-ignore"):
            for glob in filters.get(key, []):
                pattern = filter_pattern(glob)
                if not any(pattern.fullmatch(path) for path in tracked_files()):
                    yield f"{file.name}: `{glob}` in {event}.{key} matches no tracked file"


def a_required_check_always_starts(file: WorkflowFile) -> Iterator[str]:
    required = {str(job.get("name", key)) for key, job in file.jobs.items()} & required_checks()
    if not required:
        return
    for event in ("pull_request", "merge_group"):
        if event not in file.triggers:
            yield f"{file.name}: {sorted(required)} must pass, but {event} does not start it"
    for filters in (file.triggers.get("pull_request", {}), file.triggers.get("merge_group", {})):
        if {"paths", "paths-ignore", "branches", "branches-ignore", "types"} & set(filters):
            yield f"{file.name}: {sorted(required)} must pass, but a filter may keep it from starting"


def the_gate_waits_for_all(file: WorkflowFile) -> Iterator[str]:
    """A workflow with a job of its own name ends in it: a gate."""
    gate = file.jobs.get(file.stem)
    if gate is None:
        return
    forgotten = set(file.jobs) - {file.stem} - set(gate.get("needs", []))
    if forgotten:
        yield f"{file.name}: the gate does not wait for {sorted(forgotten)}"
    if gate.get("if") != "always()":
        yield f"{file.name}: the gate is skipped, which counts as passed, when a job fails"
    for name, job in file.jobs.items():
        if job.get("continue-on-error") or any(step.get("continue-on-error") for step in job.get("steps", [])):
            yield f"{file.name}: {name} goes on after an error, so the gate cannot see it"


def every_name_in_needs_and_workflow_run_exists(file: WorkflowFile) -> Iterator[str]:
    for name, job in file.jobs.items():
        needs = job.get("needs", [])
        for each in sorted(set([needs] if isinstance(needs, str) else needs) - set(file.jobs)):
            yield f"{file.name}: {name} needs {each}, which is no job"
    for name in file.triggers.get("workflow_run", {}).get("workflows", []):
        if not (ROOT / ".github" / "workflows" / f"{name}.yaml").is_file():
            yield f"{file.name}: waits for the workflow {name}, which does not exist"


def our_own_action_comes_after_a_checkout(file: WorkflowFile) -> Iterator[str]:
    for name, job in file.jobs.items():
        used = [step.get("uses", "") for step in job.get("steps", [])]
        first = next((number for number, each in enumerate(used) if each.startswith("./")), len(used))
        if first < len(used) and not any(each.startswith("actions/checkout@") for each in used[:first]):
            yield f"{file.name}: {name} uses {used[first]} before a checkout"


RUNNING = (
    a_name_tells_the_file,
    a_step_is_one_command_that_exists,
    every_job_ends_in_time,
    what_is_superseded_stops,
    every_runner_is_a_named_image,
    path_filters_match_something,
    a_required_check_always_starts,
    the_gate_waits_for_all,
    every_name_in_needs_and_workflow_run_exists,
    our_own_action_comes_after_a_checkout,
)
