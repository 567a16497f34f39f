"""Check runs: the lines with a tick or a cross below a pull request. Only an app, a workflow's token say, sets them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from winnow.github.client import GitHub, Json

Conclusion = Literal["success", "failure", "neutral"]


@dataclass(frozen=True)
class CheckRun:
    """A check run of a commit."""

    id: int
    name: str
    status: str
    conclusion: str
    """Empty until it is completed."""
    external_id: str
    """By which its maker knows it again: a job of a workflow has a check run, too, maybe of the same name."""


@dataclass(frozen=True)
class Check:
    """What a check run is to say."""

    name: str
    external_id: str
    conclusion: str | None
    """None while it is not known: then a required check holds the pull request."""
    title: str
    summary: str
    """Markdown, at most 65,535 characters."""
    details_url: str


def set_check(github: GitHub, sha: str, check: Check) -> CheckRun:
    """Bring the check of a commit with this name and external id up to date; add one where there is none.

    One that is completed is not opened again: a new one takes its place, as GitHub shows the newest of a name.
    """
    found = [each for each in checks_of(github, sha, check.name) if each.external_id == check.external_id]
    newest = max(found, key=lambda each: each.id, default=None)
    if newest and (check.conclusion or not newest.conclusion):
        return _as_check(github.send("PATCH", f"check-runs/{newest.id}", _body(check)))
    return make_check(github, sha, check)


def make_check(github: GitHub, sha: str, check: Check) -> CheckRun:
    """Add a check to a commit, whatever is there."""
    return _as_check(github.send("POST", "check-runs", {**_body(check), "head_sha": sha}))


def checks_of(github: GitHub, sha: str, name: str) -> list[CheckRun]:
    """Return the check runs of a commit with a name, whoever made them."""
    listed = github.pages(f"commits/{sha}/check-runs", "check_runs", check_name=name, filter="all")
    return [_as_check(each) for each in listed]


def _body(check: Check) -> Mapping[str, Any]:
    state: Json = {"status": "completed", "conclusion": check.conclusion}
    return {
        "name": check.name,
        "external_id": check.external_id,
        "details_url": check.details_url,
        "output": {"title": check.title, "summary": check.summary},
        **(state if check.conclusion else {"status": "in_progress"}),
    }


def _as_check(record: Json) -> CheckRun:
    return CheckRun(
        id=record["id"],
        name=record["name"],
        status=record["status"],
        conclusion=record.get("conclusion") or "",
        external_id=record.get("external_id") or "",
    )
