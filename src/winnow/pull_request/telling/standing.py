"""Where one project of a pull request stands: judged, running, failed, refused, or nothing to judge."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from winnow.github.checks import Conclusion
from winnow.github.runs import Run
from winnow.pull_request.handed.gathering import Gathered
from winnow.pull_request.handed.handover import PipelineResult
from winnow.pull_request.record import Checks, DataRun

ROOT = "."
Phase = Literal["refused", "judged", "unjudged", "failed", "waiting", "running", "cancelled", "data only", "untouched"]


@dataclass(frozen=True)
class Standing:
    """One project at one commit."""

    folder: str
    gathered: Gathered
    watched: tuple[str, ...] = ()
    """Paths that the pull request changes and that can change the judgement itself: a workflow, say."""

    @property
    def data(self) -> DataRun | None:
        """What the data workflow says of it."""
        return self.gathered.data.projects.get(self.folder)

    @property
    def pipeline(self) -> PipelineResult | None:
        """What the pipeline says of it."""
        return self.gathered.pipeline.projects.get(self.folder)

    @property
    def run(self) -> Run | None:
        """The run that there is to look at: the pipeline's, else that of the data."""
        return self.gathered.pipeline.run or self.gathered.data.run

    @property
    def phase(self) -> Phase:
        """How far it is."""
        if self.gathered.refusals:
            return "refused"
        if self.pipeline:
            return _phase_of_result(self.pipeline)
        if self.gathered.pipeline.projects:
            return self._unmentioned
        return _phase_of(self.gathered.pipeline.run) or self._unmentioned

    @property
    def _unmentioned(self) -> Phase:
        """The phase of a project of which a pipeline that has ended says nothing."""
        return "data only" if self.data else "untouched"

    @property
    def is_told(self) -> bool:
        """Whether a run tells of it: the change touches it."""
        return self.folder in self.gathered.folders

    @property
    def num_errors(self) -> int:
        """Errors that the checks of the data found."""
        checks = self.data.checks if self.data else None
        return sum(each.severity == "error" for each in checks.findings) if isinstance(checks, Checks) else 0

    @property
    def conclusion(self) -> Conclusion | None:
        """What the check says; None as long as a pull request has to wait for it."""
        match self.phase:
            case "refused" | "unjudged" | "failed" | "cancelled":
                return "failure"
            case "running" | "waiting":
                return None
            case "judged":
                return "success" if self._has_passed else "failure"
        return "failure" if self.num_errors else "neutral"

    @property
    def objection(self) -> str:
        """Why a verdict does not count, whatever its gates say; empty where it does."""
        if self.pipeline and _does_not_run(self.pipeline):
            return "its code does not run"
        run = self.gathered.pipeline.run
        has_failed = run is not None and run.conclusion != "success"
        # A run of several projects fails when one of them does.
        is_anothers = any(_has_failed(result) for result in self.gathered.pipeline.projects.values())
        return "its run did not end well" if has_failed and not is_anothers else ""

    @property
    def _has_passed(self) -> bool:
        verdict = self.pipeline.verdict if self.pipeline else None
        return verdict is not None and verdict.has_passed and not self.objection


def of_all(standings: Iterable[Standing]) -> Conclusion | None:
    """Return what one check for all projects says: the worst of theirs, and nothing before each has an answer."""
    found = {standing.conclusion for standing in standings}
    if "failure" in found:
        return "failure"
    if None in found:
        return None
    return "success" if "success" in found else "neutral"


def is_watched(path: str) -> bool:
    """Return whether a file decides how a pull request is judged, and by whom, rather than what is judged."""
    return path.startswith(".github/") or path.endswith((".dvc/config", "waivers.yaml"))


def name_of(folder: str) -> str:
    """Return what a project's comment is known by."""
    return "winnow" if folder == ROOT else f"winnow {folder}"


def check_name_of(folder: str) -> str:
    """Return the name of a project's check."""
    return "winnow" if folder == ROOT else f"winnow ({folder})"


def _phase_of_result(result: PipelineResult) -> Phase:
    if result.run.state == "failed":
        return "failed"
    return "judged" if result.verdict else "unjudged"


def _has_failed(result: PipelineResult) -> bool:
    return _phase_of_result(result) != "judged" or _does_not_run(result)


def _does_not_run(result: PipelineResult) -> bool:
    return result.run.smoke is not None and not result.run.smoke.passed


def _phase_of(run: Run | None) -> Phase | None:
    """Return the phase that a pipeline's run without results leaves a project in; None where it has nothing to tell."""
    if run is None or run.conclusion == "success":
        return None
    if not run.is_completed:
        return "running"
    match run.conclusion:
        case "action_required":
            return "waiting"
        case "cancelled" | "skipped" | "stale":
            return "cancelled"
    return "failed"
