"""From an event of GitHub to a request: read, checked to the last sign, and only then believed.

Whatever it says is text that somebody typed. Nothing of it gets further than through the grammar of names.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from winnow.errors import UsageError, WinnowError
from winnow.files import write_json
from winnow.logs import logger
from winnow.markup.blocks import printable
from winnow.project import Project
from winnow.pull_request.job_summary import set_outputs
from winnow.pull_request.projects import all_projects
from winnow.registry.history import Event, read_history
from winnow.registry.names import STAGES, Stage, TagName, artifact_name, parse_tag_name, require_version
from winnow.registry.tags import read_tags
from winnow.release.record import Request
from winnow.release.webhook import read_payload
from winnow.repository.git import git_root

_TAGS = "refs/tags/"
_MAX_BYTES = 1 << 20
_EVENTS = "push of a tag, repository_dispatch, workflow_dispatch"
_HINT = "docs/registry.md shows what the workflow `registry` takes"


def read_request(near: Project, variables: Mapping[str, str] = os.environ) -> Request:
    """Return what the event of this run asks for; action `none` where that is nothing of ours.

    Raises UsageError for an event that asks for something that cannot be.
    """
    event, kind = _event(variables), variables.get("GITHUB_EVENT_NAME", "")
    if kind == "push":
        return _of_tag(near, event, variables.get("GITHUB_REF", ""))
    if kind == "repository_dispatch":
        if event.get("action") != "staged_model":
            raise UsageError(f"expected the event staged_model, got {_shown(event.get('action'))}", hint=_HINT)
        name, version = read_payload(_section(event, "client_payload"))
        return _registered(near, name, version, "staging", "a webhook of the hosted registry")
    if kind == "workflow_dispatch":
        said = _section(event, "inputs")
        stage = next((each for each in STAGES if each == said.get("stage")), None)
        if stage is None:
            raise UsageError(f"expected a stage of {', '.join(STAGES)}, got {_shown(said.get('stage'))}", hint=_HINT)
        name, version = (_word(said, key) for key in ("name", "version"))
        return _registered(near, name, require_version(version), stage, "a person, by the workflow's form")
    raise UsageError(f"expected a {_EVENTS}; got {_shown(kind)}", hint=_HINT)


def write_outputs(request: Request, path: Path, variables: Mapping[str, str] = os.environ) -> None:
    """Write the request to a file, and what later jobs ask for to GitHub's file of outputs, where there is one."""
    write_json(path, request.as_dict())
    outputs = {
        "action": request.action,
        "artifact": request.artifact,
        "stage": request.stage,
        "model": request.model if request.artifact else "",
    }
    # The grammar of names has no line end in it.
    set_outputs({key: printable(value, 300) for key, value in outputs.items()}, variables)


def _event(variables: Mapping[str, str]) -> dict[str, Any]:
    try:
        path = Path(variables["GITHUB_EVENT_PATH"])
        content = json.loads(path.read_bytes()) if path.stat().st_size <= _MAX_BYTES else None
    except (OSError, KeyError, ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise UsageError("expected the event of a workflow's run, got none", hint=_HINT)
    return content


def _section(event: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    content = event.get(key)
    if not isinstance(content, dict):
        raise UsageError(f"expected an event with `{key}`, got {_shown(content)}", hint=_HINT)
    return content


def _word(said: Mapping[str, Any], key: str) -> str:
    value = said.get(key)
    if not isinstance(value, str) or not value:
        raise UsageError(f"expected a {key}, got {_shown(value)}", hint=_HINT)
    return value


def _shown(value: object) -> str:
    return repr(printable(value, 60)) if isinstance(value, str) else type(value).__name__


def _of_tag(near: Project, event: Mapping[str, Any], ref: str) -> Request:
    """Return what a pushed tag asks for: a version is to be staged, an assignment is to be deployed."""
    if event.get("ref") != ref or not ref.startswith(_TAGS):
        raise UsageError(f"expected the push of a tag, got {_shown(ref)}", hint=_HINT)
    tag = ref.removeprefix(_TAGS)
    name = parse_tag_name(tag)
    projects = _projects(near)
    if name is None or event.get("deleted") is True:
        return _nothing("the tag is none of the registry" if name is None else f"{tag} was removed")
    if name.is_cancelled or name.is_deprecation or name.artifact not in projects:
        is_ours = name.artifact in projects
        return _nothing(f"{tag} takes something back" if is_ours else f"no project here has the model {name.artifact}")
    if name.version:
        return _registered(near, name.artifact, name.version, "staging", f"the tag {tag}")
    return _assigned(near, tag, name, projects[name.artifact])


def _assigned(near: Project, tag: str, name: TagName, folder: str) -> Request:
    stage = next((each for each in STAGES if each == name.stage), None)
    if stage is None:
        return _nothing(f"nothing is deployed to the stage {name.stage}")
    history = read_history(name.artifact, read_tags(near, name.artifact))
    event = next((Event(each) for each in history.tags if each.ref == tag), None)
    version = history.version_of(event) if event else None
    if version is None:
        raise UsageError(f"{tag} assigns a commit that is no version of {name.artifact}", hint="winnow register first")
    if history.in_stage(stage) != version:
        return _nothing(f"{tag} was replaced by a later assignment")
    return _made("deploy", f"the tag {tag}", name.artifact, version, stage, folder)


def _registered(near: Project, name: str, version: str, stage: Stage, reason: str) -> Request:
    """Return the request to promote a version that is registered; a short name is enough where one project has it."""
    projects = _projects(near)
    fitting = [full for full in projects if name in (full, full.rpartition(":")[2])]
    if len(fitting) != 1:
        raise UsageError(
            f"expected one project of the default branch with the model {_shown(name)}, got {len(fitting)}",
            hint="`project.name` of params.yaml, with the folder before it: projects/moles:classifier",
        )
    [artifact] = fitting
    history = read_history(artifact, read_tags(near, artifact))
    if version not in history.versions:
        raise UsageError(f"{artifact} has no version {version}", hint="winnow register --push makes one")
    if history.in_stage(stage) == version:
        return _made("deploy", f"{reason}; it is in {stage} already", artifact, version, stage, projects[artifact])
    return _made("promote", reason, artifact, version, stage, projects[artifact])


def _made(action: str, reason: str, artifact: str, version: str, stage: Stage, folder: str) -> Request:
    content = {"action": action, "reason": reason, "artifact": artifact, "version": version}
    return Request.model_validate({**content, "stage": stage, "folder": folder})


def _nothing(reason: str) -> Request:
    content = {"action": "none", "reason": printable(reason, 300), "artifact": "", "version": ""}
    return Request.model_validate({**content, "stage": "staging", "folder": ""})


def _projects(near: Project) -> dict[str, str]:
    """Return the models of all projects of this checkout, with their folders."""
    root = git_root(near).resolve()
    found = {}
    for project in all_projects(root):
        try:
            found[artifact_name(project)] = project.root.relative_to(root).as_posix()
        except WinnowError as error:
            logger.warning("%s has no model of a name that a tag can hold: %s", project.root.name, error.message)
    return found
