"""Who asks for a model to be accepted, on which pull request, and whether that person may."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from winnow.errors import CheckError, UsageError
from winnow.github.client import GitHub
from winnow.github.labels import role_of, who_labeled
from winnow.github.pulls import Pull, get_pull, open_pulls_of
from winnow.github.runs import as_run
from winnow.pull_request.record import ACCEPT_LABEL

LABEL_WORKFLOW = ".github/workflows/label.yaml"
ROLES = ("admin", "maintain")
_ASK = f"somebody who may {' or '.join(ROLES)} puts the label {ACCEPT_LABEL} on it, or runs accept.yaml by hand"
OUTSIDE = (
    "a token of this repository cannot write to a fork's branch: push the commits to a branch here and open a pull "
    "request of that, or let its author commit what `dvc repro --pull` makes"
)


@dataclass(frozen=True)
class Asked:
    """A pull request whose model is to be accepted."""

    pull: Pull
    commit: str
    """The head when it was asked; empty where nobody said one."""
    by: str
    """A login; empty on a desk, where the token says who it is."""


def asked_by_hand(github: GitHub, number: int) -> Asked:
    """Return what somebody asks on a desk. What the token may do, GitHub says."""
    return Asked(get_pull(github, number), "", "")


def asked_by_event(github: GitHub, variables: Mapping[str, str] = os.environ) -> Asked:
    """Return what the event of a workflow asks: a label, or a run by hand.

    Raises UsageError outside of a workflow, CheckError unless somebody who may admin or maintain asked.
    """
    event = _read_event(variables)
    match variables.get("GITHUB_EVENT_NAME", ""):
        case "workflow_run":
            return _asked_by_label(github, event)
        case "workflow_dispatch":
            # Whoever runs it again is not who ran it first.
            login = variables.get("GITHUB_TRIGGERING_ACTOR") or variables.get("GITHUB_ACTOR", "")
            _require_role(github, login, "ran accept.yaml")
            return Asked(get_pull(github, _number(event)), "", login)
    raise UsageError("expected the number of a pull request", hint="winnow accept NUMBER")


def _asked_by_label(github: GitHub, event: Mapping[str, Any]) -> Asked:
    run = as_run(event["workflow_run"])
    if (run.path, run.event) != (LABEL_WORKFLOW, "pull_request"):
        raise CheckError(f"expected a run of {LABEL_WORKFLOW}, got one of another workflow", hint=_ASK)
    if run.head_repository.casefold() != github.repository.casefold():
        raise CheckError("the pull request is of a fork", hint=OUTSIDE)
    pulls = open_pulls_of(github, run)
    labeled = [pull for pull in pulls if ACCEPT_LABEL in pull.labels]
    if len(labeled) != 1:
        words = (
            f"expected one open pull request of {run.head_branch} with the label {ACCEPT_LABEL}, found {len(labeled)}"
        )
        raise CheckError(words, hint=_ASK)
    login = who_labeled(github, labeled[0].number, ACCEPT_LABEL)
    _require_role(github, login, f"put the label {ACCEPT_LABEL} on")
    return Asked(labeled[0], run.head_sha, login)


def _require_role(github: GitHub, login: str, what: str) -> None:
    role = role_of(github, login) if login else "none"
    if role not in ROLES:
        raise CheckError(f"{login or 'nobody we know'} {what} and has the role `{role}` here", hint=_ASK)


def _read_event(variables: Mapping[str, str]) -> dict[str, Any]:
    path = variables.get("GITHUB_EVENT_PATH")
    content = json.loads(Path(path).read_text(encoding="utf-8")) if path else {}
    return content if isinstance(content, dict) else {}


def _number(event: Mapping[str, Any]) -> int:
    number = str((event.get("inputs") or {}).get("number") or "")
    if not number.isascii() or not number.isdigit():
        raise UsageError(f"expected the number of a pull request, got {number!r}", hint="run accept.yaml with a number")
    return int(number)
