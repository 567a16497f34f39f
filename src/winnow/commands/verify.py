"""`winnow verify`: what a commit promises to whoever clones it: a current lock, and all that it names."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from winnow.errors import ExitCode, WinnowError
from winnow.project import Project
from winnow.pull_request.projects import chosen_projects
from winnow.pull_request.remote_state import find_remote_state
from winnow.pull_request.running.streaming import ask_winnow
from winnow.repository.dry_run import dry_run
from winnow.repository.git import git_root
from winnow.repository.remote_objects import find_missing

_MAX_SHOWN = 20
_CODES = {"ok": ExitCode.OK, "failed": ExitCode.FAILED, "unknown": ExitCode.USAGE}


@dataclass(frozen=True)
class Answer:
    """What one project came to."""

    folder: str
    state: Literal["ok", "failed", "unknown"]
    text: str
    names: tuple[str, ...] = ()
    """Stages that would run, or files that are not stored."""
    hint: str = ""


@dataclass(frozen=True)
class Verification:
    """What was found of every project."""

    answers: list[Answer]

    @property
    def exit_code(self) -> ExitCode:
        """OK, FAILED where a promise is broken, USAGE where that could not be found out."""
        return max((_CODES[answer.state] for answer in self.answers), default=ExitCode.OK)

    def lines(self) -> Iterator[str]:
        """Return what to print."""
        if not self.answers:
            yield "there is no project in this repository"
        for answer in self.answers:
            yield f"{answer.folder}: {answer.text}"
            yield from (f"  {name}" for name in answer.names[:_MAX_SHOWN])
            if len(answer.names) > _MAX_SHOWN:
                yield f"  and {len(answer.names) - _MAX_SHOWN:,} more"
            if answer.hint:
                yield f"  hint: {answer.hint}"

    def records(self) -> dict[str, Any]:
        """Return plain data for `--json`."""
        return {
            "is_ok": self.exit_code is ExitCode.OK,
            "answers": [{**asdict(answer), "names": list(answer.names)} for answer in self.answers],
        }


def verify_lock(folders: Iterable[Path], base: str | None = None) -> Verification:
    """Say of every project whether its `dvc.lock` is current, and whether its `images.dvc` still names every part.

    Nothing is run and no data is needed. Parts are compared with `base`, where it is given, else with where the default
    branch was left; where that cannot be known, it says so and counts for nothing. Errors as `chosen_projects`.
    """
    return Verification([_lock(project, base) for project in chosen_projects(folders)])


def verify_remote(folders: Iterable[Path]) -> Verification:
    """Say of every project what its remote lacks of all that it names; errors as `verify_lock`."""
    return Verification([_remote(project) for project in chosen_projects(folders)])


def _lock(project: Project, base: str | None) -> Answer:
    name, dry = _name(project), dry_run(project)
    if not dry.is_known:
        return Answer(name, "unknown", f"DVC cannot read the pipeline: {dry.said}", hint="mend dvc.yaml")
    if dry.lost:
        hint = "git add them, or take them out of dvc.yaml"
        return Answer(name, "failed", "stages depend on what is neither in Git nor in DVC:", tuple(dry.lost), hint)
    if not dry.is_current:
        hint = "dvc repro --pull and commit dvc.lock, or let the pull request's own run be accepted"
        text = "dvc.lock is stale; these stages would run, and what comes after them:"
        return Answer(name, "failed", text, tuple(dry.stages) or (dry.said,), hint)
    lost, note = _lost_parts(project, base)
    if lost:
        return Answer(name, "failed", lost, hint=note)
    return Answer(name, "ok", f"dvc.lock is current{note}")


def _lost_parts(project: Project, base: str | None) -> tuple[str, str]:
    """Return that parts are lost, with the way back; else nothing, and a note where it cannot be known."""
    if not project.images_dvc.is_file():
        return "", ""
    done = ask_winnow(project, "doctor", "data", *([base] if base else []), "--json")
    try:
        answers = json.loads(done.stdout)["answers"]
    except (ValueError, KeyError):
        return "", "; whether parts are lost cannot be known here"
    asked = [answer for answer in answers if answer["name"] in ("HEAD", "base")]
    for answer in asked:
        if answer["state"] == "failed":
            return f"images.dvc: {answer['text']}", answer["hint"]
    unknown = [answer["text"] for answer in asked if answer["state"] == "unknown"]
    return "", f"; whether parts are lost cannot be known here: {unknown[0]}" if unknown else ""


def _remote(project: Project) -> Answer:
    name, remote = _name(project), find_remote_state(project)
    if remote.state == "none":
        return Answer(name, "ok", "no remote is set: nothing is promised")
    if remote.state == "not readable":
        hint = "winnow doctor remote says what stands in the way"
        return Answer(name, "unknown", f"the remote cannot be asked: {remote.reason}", hint=hint)
    try:
        number, missing = find_missing(project)
    except WinnowError as error:
        return Answer(name, "unknown", error.message, hint=error.hint)
    if missing:
        names = tuple(sorted(each.path for each in missing))
        hint = "dvc push where they were made; where nobody has them any more, dvc repro and dvc push"
        return Answer(name, "failed", f"the remote lacks {len(names):,} of {number:,} objects:", names, hint)
    return Answer(name, "ok", f"all {number:,} objects are in the remote")


def _name(project: Project) -> str:
    return project.root.resolve().relative_to(git_root(project).resolve()).as_posix()
