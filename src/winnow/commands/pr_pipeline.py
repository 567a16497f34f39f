"""`winnow pr pipeline`: rebuild and judge every project that a pull request touches, and hand over what came of it.

It runs code of the pull request: whoever starts it gives it no secret and no right to write.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from winnow.errors import ExitCode, WinnowError
from winnow.files import read_json
from winnow.logs import logger
from winnow.markup.amounts import bytes_text
from winnow.markup.blocks import Block, Line, names, said, word
from winnow.markup.markdown import to_markdown
from winnow.project import Project
from winnow.pull_request.job_summary import add_to_summary
from winnow.pull_request.projects import NOTHING_TOUCHED, Change, find_change, folder_of, touched
from winnow.pull_request.record import PipelineRun, Smoke, Store
from winnow.pull_request.remote_state import RemoteState, find_remote_state
from winnow.pull_request.running.packing import Handover, empty_folder
from winnow.pull_request.running.rebuilding import Rebuilt, rebuild
from winnow.pull_request.running.smoke import smoke
from winnow.pull_request.running.streaming import last_words, stream, told
from winnow.pull_request.running.timing import Clock
from winnow.repository.dry_run import DryRun, dry_run
from winnow.verdict.record.verdict import Verdict

_SMOKE_ONLY = (
    "of a pull request from elsewhere nothing is run on this repository's data; what the commit holds is judged"
)
_MAX_LINES = 40


@dataclass(frozen=True)
class Judged:
    """What became of one project."""

    run: PipelineRun
    verdict: Verdict | None
    comment: str
    """The report as Markdown; empty without a verdict."""

    @property
    def is_well(self) -> bool:
        """Whether all ran that was to run, and nothing stood in the way of a verdict but that there is no model."""
        has_failed = self.run.state == "failed" or (self.run.smoke is not None and not self.run.smoke.passed)
        return not has_failed and (self.verdict is not None or self.run.state == "in git")


@dataclass(frozen=True)
class PipelineResult:
    """What became of the projects."""

    judged: list[Judged] = field(default_factory=list)

    @property
    def exit_code(self) -> ExitCode:
        """FAILED where something failed; a gate that says no is the report's business."""
        return ExitCode.OK if all(each.is_well for each in self.judged) else ExitCode.FAILED

    def lines(self) -> Iterator[str]:
        """Return what to print."""
        if not self.judged:
            yield NOTHING_TOUCHED
        for each in self.judged:
            run = each.run
            yield f"{run.folder}: {run.state}{': ' * bool(run.stages)}{', '.join(run.stages)}"
            if each.verdict:
                yield f"  verdict: {_outcome(each.verdict)}"
            if run.smoke:
                yield f"  smoke run: {'passed' if run.smoke.passed else 'FAILED'}"
            yield f"  remote: {run.store.remote}; {_objects(run.store)}"
            if run.reason:
                yield f"  {run.reason.splitlines()[-1]}"


def pr_pipeline(base: str, out: Path, *, is_smoke: bool = False) -> PipelineResult:
    """Do the work for the change since the merge base of HEAD and `base`, and fill the folder `out`.

    With `is_smoke` nothing of the change runs on the repository's own data: the flow runs on embedded digits. Raises
    UsageError for a base that does not exist, a work tree that is not clean, or a folder that is not empty.
    """
    clock = Clock()
    change = find_change(base)
    out = empty_folder(out)
    with clock.step("find what the change touches"):
        projects = touched(change)
    embedded = None
    if is_smoke and projects:
        # The flow of the first one: one run says whether this checkout's code runs.
        with clock.step("smoke run"):
            embedded = smoke(change.root, projects[0])
    result = PipelineResult()
    for number, project in enumerate(projects):
        logger.info("== %s", folder_of(change, project))
        result.judged.append(_Work(change, project, Handover(out, number), is_smoke, embedded).judge(base, clock))
        clock = Clock()
    add_to_summary([_page(each) for each in result.judged] or [f"{NOTHING_TOUCHED}.\n"])
    return result


@dataclass(frozen=True)
class _Work:
    """One project of a change."""

    change: Change
    project: Project
    handover: Handover
    is_smoke: bool
    embedded: Smoke | None

    def judge(self, base: str, clock: Clock) -> Judged:
        with clock.step("look at the remote"):
            remote = find_remote_state(self.project, may_ask=not self.is_smoke)
        with clock.step("ask DVC what is stale"):
            dry = dry_run(self.project)
        with clock.step("dvc repro"):
            rebuilt = self._rebuild(remote, dry)
        verdict, comment, problem = None, "", ""
        with clock.step("verdict"):
            if rebuilt.state != "failed":
                verdict, comment, problem = self._report(base)
        with clock.step("pack"):
            store = self._pack(remote, rebuilt)
        run = PipelineRun(
            folder=folder_of(self.change, self.project),
            commit=self.change.head,
            base=self.change.base,
            steps=clock.steps,
            state=rebuilt.state,
            reason="\n".join(filter(None, (rebuilt.reason, problem)))[-4_000:],
            stages=rebuilt.stages[:1_000],
            is_lock_current=rebuilt.is_lock_current,
            smoke=self.embedded,
            store=store,
        )
        self.handover.give_verdict(run, verdict)
        return Judged(run, verdict, comment)

    def _rebuild(self, remote: RemoteState, dry: DryRun) -> Rebuilt:
        if self.is_smoke:
            return Rebuilt("in git", _SMOKE_ONLY, is_lock_current=dry.is_current)
        try:
            return rebuild(self.project, remote, dry)
        except WinnowError as error:
            return Rebuilt("failed", last_words(self.project, [str(error)]))

    def _report(self, base: str) -> tuple[Verdict | None, str, str]:
        """Return the verdict and the comment that `winnow report` wrote, or why there is none."""
        for path in (self.project.verdict, self.project.comment):
            path.unlink(missing_ok=True)
        ran = stream(self.project, "winnow", "report", "--base", base)
        try:
            content = read_json(self.project.verdict, hint="winnow report")
            return Verdict.from_dict(content, "verdict.json"), self.project.comment.read_text(encoding="utf-8"), ""
        except WinnowError:
            lines = ["there is no verdict:", *ran.lines[-_MAX_LINES:]]
            return None, "", told(self.project, lines, "there is no verdict; the log of the run says why")

    def _pack(self, remote: RemoteState, rebuilt: Rebuilt) -> Store:
        if rebuilt.state not in ("rebuilt", "unchanged"):
            return Store(remote=remote.state, num_objects=0, num_bytes=0)
        self.handover.give_records(self.project)
        # Without a remote nobody will store them, and whoever may read the repository could fetch the model.
        has_place = rebuilt.state == "rebuilt" and remote.state != "none"
        number, size = self.handover.give_objects(self.project, self.change.base) if has_place else (0, 0)
        return Store(remote=remote.state, num_objects=number, num_bytes=size)


def _page(judged: Judged) -> str:
    return judged.comment or to_markdown([Block("No verdict", list(_why(judged.run)))])


def _why(run: PipelineRun) -> Iterator[Line]:
    yield "project ", word(run.folder)
    if run.stages:
        yield "ran: ", *names(run.stages, 20)
    yield from ((said(line),) for line in run.reason.splitlines()[-_MAX_LINES:] if line.strip())


def _outcome(verdict: Verdict) -> str:
    return f"{verdict.outcome.call}, {'the gates pass' if verdict.has_passed else 'a gate fails'}"


def _objects(store: Store) -> str:
    return (
        f"{store.num_objects:,} objects to store ({bytes_text(store.num_bytes)})"
        if store.num_objects
        else ("nothing to store")
    )
