"""The story of a release: staging, smoke test, production with a canary, all traffic; and back when a step fails."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from deploy.release.asking import Service
from deploy.release.errors import MissingError, PutBackError, ReleaseError, Stopped
from deploy.release.journal import Journal
from deploy.release.load import Load
from deploy.release.order import ALL, Serving, Stage, Target
from deploy.release.pictures import Picture
from deploy.release.smoke import Expected, check_model, smoke
from deploy.release.watch import Limits, watch


@dataclass(frozen=True)
class Trial:
    """How a candidate is tried."""

    expected: Expected
    limits: Limits
    pictures: Sequence[Picture]
    load: Load | None = None
    """What staging is asked once it serves."""


@dataclass
class Flow:
    """One release through its stages, with what was seen at each."""

    targets: Mapping[Stage, Target]
    """In the order in which they are done."""

    trial: Trial
    journal: Journal
    on_put_back: Callable[[], None] = lambda: None
    """Called before anything is put back: from here on no signal may interrupt."""

    seen: dict[str, dict[str, Any]] = field(default_factory=dict)

    def run(self) -> int:
        """Do all stages, write the summary and return the exit code; a failing stage leaves later ones untouched."""
        try:
            for target in self.targets.values():
                target.require()
            if self.trial.load:
                self.trial.load.require()
            for stage, target in self.targets.items():
                self._stage(stage, target)
        except (ReleaseError, Stopped) as error:
            reason = str(error) or "stopped by a signal"
            self.journal.remark(f"error: {reason}")
            self._summarize("failed", reason)
            return error.exit_code
        self._summarize("released", "")
        return 0

    def put_back(self) -> int:
        """Give everything back to what served before, in every stage that was asked for; return the exit code."""
        try:
            for stage, target in self.targets.items():
                target.require()
                seen = self.seen.setdefault(stage, {})
                before = self._look(stage, target, "before")
                if not before.previous(target.release):
                    raise PutBackError(f"{stage}: nothing is known that served before")
                self._put_back(stage, target, before)
                seen["outcome"] = "put back"
        except (ReleaseError, Stopped) as error:
            self.journal.remark(f"error: {error}")
            self._summarize("failed", str(error))
            return error.exit_code if isinstance(error, MissingError | Stopped) else PutBackError.exit_code
        self._summarize("put back", "")
        return 0

    def _stage(self, stage: Stage, target: Target) -> None:
        seen = self.seen.setdefault(stage, {"release": target.release})
        before = self._look(stage, target, "before")
        try:
            if before.shares.get(target.release) != ALL:
                target.place(before)
                self._smoke(stage, target, "candidate")
                if stage == "production" and before.previous(target.release):
                    self._canary(stage, target, before)
            target.promote(before)
            self._smoke(stage, target, "all")
            self._require_all(target.release, self._look(stage, target, "after"))
            if stage == "staging" and self.trial.load:
                self._load(stage, target, self.trial.load)
            target.settle()
        except (ReleaseError, Stopped) as error:
            seen["outcome"] = f"failed: {error}"
            self.journal.note("failed", stage=stage, reason=str(error))
            self._put_back(stage, target, before)
            raise
        seen["outcome"] = "serves"
        if self.journal.is_dry:
            self.journal.remark(f"{stage}: if any of these fails, then:")
            target.put_back(before)

    def _canary(self, stage: Stage, target: Target, before: Serving) -> None:
        since = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        target.share(before)
        limits = self.trial.limits
        with target.reach("candidate") as service:
            if self.journal.is_dry:
                self._remark_watch()
                target.requests_since(since)
                return
            labels = check_model(service.ask("/v1/model"), self.trial.expected.model)
            report = watch(service, self.trial.pictures, labels, limits, lambda: target.requests_since(since))
        self.seen[stage]["canary"] = report
        self.journal.note("canary", stage=stage, **report)
        self.journal.remark(f"{stage}: the canary passed: {_told(report['probes'])}")

    def _smoke(self, stage: Stage, target: Target, who: Any) -> None:
        with target.reach(who) as service:
            report = self._ask(service)
        self.seen[stage][f"smoke_{who}"] = report
        self.journal.note("smoke", stage=stage, who=who, **report)
        if report:
            self.journal.remark(f"{stage}: the smoke test passed ({who}): {_told(report)}")

    def _load(self, stage: Stage, target: Target, load: Load) -> None:
        with target.reach("all") as service:
            report = load.ask(service)
        self.seen[stage]["load"] = report
        self.journal.note("load", stage=stage, **report)

    def _ask(self, service: Service) -> dict[str, object]:
        if not self.journal.is_dry:
            return smoke(service, self.trial.expected, self.trial.pictures)
        paths = "GET /readyz, /livez, /v1/model; POST /v1/predict"
        self.journal.remark(f"smoke test at {service.address}: {paths} with {len(self.trial.pictures)} pictures")
        return {}

    def _remark_watch(self) -> None:
        limits = self.trial.limits
        most = f"{limits.max_error_fraction:.2%} errors and p95 {limits.max_p95_ms:g} ms"
        self.journal.remark(f"watch for {limits.watch_s:g} s, a picture every {limits.pause_s:g} s; at most {most}")

    def _put_back(self, stage: Stage, target: Target, before: Serving) -> None:
        self.on_put_back()
        previous = before.previous(target.release)
        try:
            target.put_back(before)
            after = self._look(stage, target, "after")
            if self.journal.is_dry:
                return
            if previous:
                self._require_all(previous, after)
            elif after.shares:
                raise PutBackError(f"{stage}: nothing served before to go back to")
        except ReleaseError as error:
            self.journal.note("put back failed", stage=stage, reason=str(error))
            raise PutBackError(f"{stage}: NOT put back: {error}; serving is {self.seen[stage].get('after')}") from error
        self.journal.note("put back", stage=stage, serves=dict(after.shares))
        self.journal.remark(f"{stage}: {previous or 'nothing'} serves, as before")

    def _look(self, stage: Stage, target: Target, when: str) -> Serving:
        self.seen[stage].pop(when, None)  # what is not known is not told
        serving = target.look()
        self.seen[stage][when] = dict(serving.shares)
        self.journal.note("serves", stage=stage, shares=dict(serving.shares))
        return serving

    def _require_all(self, release: str, serving: Serving) -> None:
        if not self.journal.is_dry and serving.shares.get(release) != ALL:
            raise ReleaseError(f"expected {release} to serve everything, found {dict(serving.shares)}")

    def _summarize(self, outcome: str, error: str) -> None:
        model = self.trial.expected.model
        self.journal.summarize({"outcome": outcome, "model": model, "error": error, "stages": self.seen})


def _told(report: Any) -> str:
    """Return a report's figures as a person reads them: `num_pictures` is `pictures`."""
    return ", ".join(f"{name.removeprefix('num_').replace('_', ' ')} {value:g}" for name, value in report.items())
