"""`winnow pr post`: tell a pull request what its runs came to: comment, check and job summary.

It runs with the right to write, on the default branch's code. Nothing of the pull request is run or believed: GitHub
says which commit, repository and workflow a run is of, and what the run handed over is checked before it is shown.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from winnow.errors import ExitCode, UsageError, WinnowError
from winnow.github.checks import Check, set_check
from winnow.github.client import GitHub, GitHubError
from winnow.github.pulls import Pull, changed_paths, open_pulls_of
from winnow.github.runs import Run, get_run, jobs_of
from winnow.markup.blocks import Block, Line, prose
from winnow.markup.markdown import to_markdown
from winnow.markup.quoting import plain
from winnow.project import Project
from winnow.pull_request.access import github_of
from winnow.pull_request.handed.gathering import DATA_WORKFLOW, EVENTS, PIPELINE_WORKFLOW, Gathered, Seen, gather, look
from winnow.pull_request.job_summary import add_to_summary
from winnow.pull_request.projects import all_projects
from winnow.pull_request.telling.cml import Watermark
from winnow.pull_request.telling.page import REST, page_of, summary_of, title_of
from winnow.pull_request.telling.posting import Poster
from winnow.pull_request.telling.standing import ROOT, Standing, check_name_of, is_watched, name_of, of_all
from winnow.pull_request.telling.time_table import Timed, time_table
from winnow.repository.git import git_root
from winnow.verdict.account.outcome import SHORT_COMMIT

_MAX_ROUNDS = 3
_MAX_SUMMARY_CHARS = 200_000
_TRAINING = "dvc repro"


@dataclass
class PostResult:
    """What was posted, and what was not."""

    told: list[str] = field(default_factory=list)
    is_refused: bool = False
    is_unposted: bool = False

    @property
    def exit_code(self) -> ExitCode:
        """MACHINE where something could not be posted, FAILED where a handover was refused."""
        if self.is_unposted:
            return ExitCode.MACHINE
        return ExitCode.FAILED if self.is_refused else ExitCode.OK

    def lines(self) -> list[str]:
        """Return what to print."""
        return self.told

    def failed(self, what: str, error: WinnowError) -> None:
        """Note that something could not be posted."""
        self.is_unposted = True
        self.told.append(f"{what} could not be posted: {error.message}; the job summary has the report")


def post(project: Project, run_id: int | None, variables: Mapping[str, str] = os.environ) -> PostResult:
    """Post what is known of the commit that a run was about; without `run_id` the event of the workflow names the run.

    Raises UsageError for a run of another workflow, GitHubError where GitHub does not tell what there is to post.
    """
    github = github_of(project, variables)
    try:
        run = _about(github, run_id or _run_of_event(variables))
        result, standings = _post_newest(_Desk(github, run, _folders_of(project), variables))
        add_to_summary(_pages(standings, result))
        add_to_summary([_time_table(github, standings)])
    except GitHubError as error:
        told: list[Line] = [("winnow could not read the runs: ", prose(error.message))]
        add_to_summary([to_markdown([Block("No report", told, symbol="❌")])])
        raise
    return result


@dataclass(frozen=True)
class _Desk:
    """Where the posts of one commit are written."""

    github: GitHub
    run: Run
    folders: list[str]
    """Of all projects that the default branch has."""
    variables: Mapping[str, str]


def _post_newest(desk: _Desk) -> tuple[PostResult, list[Standing]]:
    """Post until nothing new has come in: two runs that end at once are posted by two workflows at once."""
    seen = look(desk.github, desk.run)
    for _ in range(_MAX_ROUNDS):
        gathered = gather(desk.github, seen)
        result = PostResult(is_refused=bool(gathered.refusals))
        result.told += gathered.refusals
        standings = _standings(gathered, desk.folders)
        try:
            for pull in _pulls(desk, result):
                watched = tuple(filter(is_watched, changed_paths(desk.github, pull.number)))
                standings = [replace(standing, watched=watched) for standing in standings]
                _post_on(desk, pull, standings, result)
            newer = look(desk.github, desk.run)
        except GitHubError as error:
            result.failed("the report", error)
            break
        if newer.state == seen.state:
            break
        seen = newer
    return result, standings


def _standings(gathered: Gathered, folders: list[str]) -> list[Standing]:
    """Return where each project stands, those that the change touches first."""
    others = [folder for folder in folders if folder not in gathered.folders]
    return [Standing(folder, gathered) for folder in [*gathered.folders, *others]]


def _pulls(desk: _Desk, result: PostResult) -> list[Pull]:
    """Return the pull requests to post on: open ones that have this very commit at their head."""
    short = desk.run.head_sha[:SHORT_COMMIT]
    pulls = open_pulls_of(desk.github, desk.run)
    current = [pull for pull in pulls if pull.head_sha == desk.run.head_sha]
    if not pulls:
        result.told.append(f"no open pull request has {short} at its head: nothing to post")
    elif not current:
        result.told.append(f"the pull request has moved on from {short}: nothing to post")
    return current


def _post_on(desk: _Desk, pull: Pull, standings: list[Standing], result: PostResult) -> None:
    poster = Poster(desk.github, pull.number, desk.run.head_sha, desk.variables)
    for place, standing in enumerate(standings):
        name = name_of(standing.folder)
        report = to_markdown(page_of(standing), rest=REST)
        is_new = standing.is_told or (place == 0 and standing.phase in ("failed", "refused"))
        try:
            posted = poster.post(Watermark(name), report, only_edit=not is_new)
        except GitHubError as error:
            result.failed(f"the comment `{name}`", error)
        else:
            result.told += [f"{name}: {posted.url} (by {posted.by})", *posted.notes] if posted else []
        _set_check(desk, standing, result)
    _set_common_check(desk, standings, result)


def _set_check(desk: _Desk, standing: Standing, result: PostResult) -> None:
    run = standing.run or desk.run
    check = Check(
        name=check_name_of(standing.folder),
        external_id=f"winnow:{standing.folder}",
        conclusion=standing.conclusion,
        title=title_of(standing),
        summary=summary_of(standing),
        details_url=run.html_url,
    )
    _give(desk, check, standing.gathered.seen, result)


def _give(desk: _Desk, check: Check, seen: Seen, result: PostResult) -> None:
    if seen.is_fork and seen.is_ours_too:
        result.told.append(f"check {check.name}: left alone, for a branch of this repository has the same commit")
        return
    try:
        set_check(desk.github, desk.run.head_sha, check)
    except GitHubError as error:
        result.failed(f"the check `{check.name}`", error)
    else:
        result.told.append(f"check {check.name}: {check.conclusion or 'in progress'}")


def _set_common_check(desk: _Desk, standings: list[Standing], result: PostResult) -> None:
    """Set the check that a ruleset requires, where no project lies in the repository's own folder to have it."""
    if ROOT in (standing.folder for standing in standings):
        return
    conclusion, seen = of_all(standings), standings[0].gathered.seen
    told = [f"{standing.folder}: {standing.conclusion or 'in progress'}" for standing in standings]
    title = f"{len(standings)} projects: {conclusion or 'in progress'}"
    summary = to_markdown([Block(title, [(prose(line),) for line in told])])
    run = standings[0].run or desk.run
    _give(desk, Check(check_name_of(ROOT), "winnow:all", conclusion, title, summary, run.html_url), seen, result)


def _pages(standings: list[Standing], result: PostResult) -> Iterator[str]:
    if result.is_unposted:
        told: list[Line] = [(prose(line),) for line in result.told]
        yield to_markdown([Block("Not everything could be posted", told, symbol="❌")])
    for place, standing in enumerate(standings):
        if standing.is_told or place == 0:
            yield to_markdown(page_of(standing), max_chars=_MAX_SUMMARY_CHARS, rest=REST)


def _time_table(github: GitHub, standings: list[Standing]) -> str:
    gathered = standings[0].gathered
    results = gathered.pipeline.projects.values()
    steps = [step for result in results for step in result.run.steps if step.name == _TRAINING]
    pipeline = gathered.pipeline.run
    training_s = sum(step.seconds for step in steps)
    try:
        timed = [
            Timed(run, jobs_of(github, run.id), training_s if run == pipeline else 0.0) for run in gathered.seen.runs
        ]
    except GitHubError as error:
        return f"{plain(f'The times of the jobs are not known: {error.message}')}\n"
    return to_markdown([time_table(timed)], max_chars=_MAX_SUMMARY_CHARS)


def _about(github: GitHub, run_id: int) -> Run:
    run = get_run(github, run_id)
    if run.path not in (DATA_WORKFLOW, PIPELINE_WORKFLOW) or run.event not in EVENTS:
        raise UsageError(
            f"expected a run of {DATA_WORKFLOW} or {PIPELINE_WORKFLOW} for a pull request, got one of {run.path!r}",
            hint="the address of a run ends with its number",
        )
    return run


def _run_of_event(variables: Mapping[str, str]) -> int:
    try:
        event = json.loads(Path(variables["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
        return int(event["workflow_run"]["id"])
    except (OSError, KeyError, TypeError, ValueError):
        raise UsageError("expected the event of a workflow's run, got none", hint="winnow pr post --run ID") from None


def _folders_of(project: Project) -> list[str]:
    """Return the folders of all projects on the default branch, which is checked out here."""
    root = git_root(project).resolve()
    return [each.root.relative_to(root).as_posix() for each in all_projects(root)] or [ROOT]
