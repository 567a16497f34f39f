"""How a release went, from how its jobs ended and what they left: one sentence for each link of the chain."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from winnow.errors import InputError, WinnowError
from winnow.markup.blocks import printable
from winnow.release.record import VERIFICATION, Request, Verification, read_asked, read_verification

SUMMARY = "summary.json"
_MAX_BYTES = 1 << 20
_MAX_WORDS = 300
_ENDED = {"failure": "failed", "cancelled": "was cancelled", "skipped": "did not run"}


@dataclass(frozen=True)
class StoryStep:
    """A link of the chain."""

    is_good: bool | None
    """None where it was not to be done, or was not reached."""
    text: str


@dataclass(frozen=True)
class Story:
    """All of it."""

    request: Request
    verification: Verification | None
    """None where that job left none."""
    deployed: Mapping[str, Any]
    """`summary.json` of the deployment; empty where there is none."""
    results: Mapping[str, str]
    """How the jobs ended, in GitHub's words."""

    @cached_property
    def steps(self) -> list[StoryStep]:
        """What happened, in order."""
        steps = [self._verified(), *self._looked(), self._approved(), self._promoted(), self._deployed()]
        steps += self._undone()
        return [step for step in steps if step is not None]

    @property
    def is_good(self) -> bool:
        """Whether nothing went wrong."""
        return all(step.is_good is not False for step in self.steps)

    @property
    def digest(self) -> str:
        """The end of it in a few words."""
        if self.result("deploy") == "success":
            return "it serves"
        if self.result("deploy") not in ("skipped", ""):
            return "not released: the deployment failed"
        if self.result("promote") == "success":
            return "promoted, not deployed"
        if self.is_good:
            return "verified, not deployed"
        return "nothing was deployed" if self.request.action == "deploy" else "nothing was promoted"

    def result(self, job: str) -> str:
        """Return how a job ended; empty where there is none."""
        return self.results.get(job, "")

    def _verified(self) -> StoryStep:
        if self.verification is None:
            return StoryStep(is_good=False, text=f"the verification {self._ended('verify')} without a result")
        failed = [check for check in self.verification.checks if check.result == "fail"]
        if failed:
            told = "; ".join(f"{check.id}: {check.note}" for check in failed[:3])
            return StoryStep(is_good=False, text=f"not verified: {told}")
        if self.result("verify") != "success":
            return StoryStep(is_good=False, text=f"the verification {self._ended('verify')}")
        return StoryStep(is_good=True, text=f"verified: {len(self.verification.checks)} checks")

    def _looked(self) -> Iterator[StoryStep]:
        if self.result("vault") not in ("", "skipped", "success"):
            failed = self.verification is not None and self.verification.vault == "failed"
            more = "" if failed else ": its log says why; a vault that was opened is not opened again"
            yield StoryStep(is_good=False, text=f"the look into the vault {self._ended('vault')}{more}")

    def _approved(self) -> StoryStep | None:
        if self.result("approve") in ("success", "skipped", ""):
            return None
        return StoryStep(is_good=False, text=f"the approval for {self.request.stage} {self._ended('approve')}")

    def _promoted(self) -> StoryStep | None:
        if self.request.action == "deploy":
            return StoryStep(is_good=None, text=f"{self.request.reason} is the assignment; none was made")
        if self.result("promote") == "success":
            return StoryStep(is_good=True, text=f"promoted to {self.request.stage}")
        if self.result("promote") in ("skipped", ""):
            return StoryStep(is_good=None, text="not promoted")
        return StoryStep(is_good=False, text=f"the promotion {self._ended('promote')}: its log says why")

    def _deployed(self) -> StoryStep:
        ended = self.result("deploy")
        if ended == "success":
            return StoryStep(is_good=True, text=f"deployed to {self.request.stage}")
        if ended in ("skipped", "") and self._is_ready:
            return StoryStep(is_good=None, text="not deployed: no cloud is configured (docs/deploy.md)")
        if ended in ("skipped", ""):
            return StoryStep(is_good=None, text="not deployed: what serves is what served before")
        error = self.deployed.get("error")
        why = f": {printable(error, _MAX_WORDS)}" if isinstance(error, str) and error else ""
        return StoryStep(is_good=False, text=f"the deployment {self._ended('deploy')}{why}{self._serving()}")

    def _undone(self) -> Iterator[StoryStep]:
        ended = self.result("undo")
        if ended == "success":
            yield StoryStep(
                is_good=None, text=f"the promotion was taken back: {self.request.stage} is as it was before"
            )
        elif ended not in ("", "skipped"):
            hint = f"winnow rollback {self.request.model} --to {self.request.stage} --push"
            yield StoryStep(is_good=False, text=f"taking the promotion back {self._ended('undo')}: {hint}")

    @property
    def _is_ready(self) -> bool:
        """Whether everything before the deployment went well."""
        before = self.result("approve" if self.request.action == "deploy" else "promote")
        return before == "success"

    def _serving(self) -> str:
        """Return what serves after a deployment that failed, as far as it tells."""
        stages = self.deployed.get("stages")
        seen = stages.get(self.request.stage) if isinstance(stages, dict) else None
        after = seen.get("after") if isinstance(seen, dict) else None
        if not isinstance(after, dict):
            return "; what serves now is not known: somebody has to look"
        return f"; what serves now: {printable(json.dumps(after, sort_keys=True), _MAX_WORDS)}"

    def _ended(self, job: str) -> str:
        return _ENDED.get(self.result(job), "ended")


def read_story(folder: Path, needs: str) -> Story:
    """Return the story of a run, from its records in a folder and GitHub's `needs` as JSON.

    Raises InputError without a request. What else is missing is told.
    """
    request = read_asked(folder)
    try:
        verification = read_verification(folder / VERIFICATION)
    except WinnowError:
        verification = None
    if verification and (verification.artifact, verification.version) != (request.artifact, request.version):
        verification = None
    return Story(request, verification, _read_summary(folder / SUMMARY), _read_results(needs))


def _read_summary(path: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(path.read_bytes()) if path.stat().st_size <= _MAX_BYTES else {}
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _read_results(needs: str) -> Mapping[str, str]:
    try:
        content = json.loads(needs)
        return {str(name): str(job["result"]) for name, job in content.items()}
    except (ValueError, AttributeError, KeyError, TypeError):
        raise InputError("expected GitHub's `needs` as JSON", hint="NEEDS: ${{ toJSON(needs) }}") from None
