"""`winnow verify model` and `winnow verify vault`: a registered version asked again, and its one look at the vault."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from winnow.errors import CheckError, ExitCode
from winnow.files import write_json
from winnow.markup.markdown import to_markdown
from winnow.project import Project
from winnow.pull_request.job_summary import add_to_summary, set_outputs
from winnow.registry.names import Stage, split_model
from winnow.release.bench import Bench
from winnow.release.ledger import Ledger
from winnow.release.page import verification_blocks
from winnow.release.promotion import require_verified
from winnow.release.record import VERIFICATION, Check, Verification, read_verification, release_folder
from winnow.release.subject import find_subject
from winnow.release.vault import find_look, look_text
from winnow.release.verifying import verify

_MARKS = {"pass": "ok  ", "fail": "FAIL", "overridden": "over"}


@dataclass(frozen=True)
class VerifyResult:
    """What was found, and where it lies."""

    verification: Verification
    path: Path

    @property
    def exit_code(self) -> ExitCode:
        """FAILED when anything speaks against the version."""
        return ExitCode.OK if self.verification.has_passed else ExitCode.FAILED

    def lines(self) -> Iterator[str]:
        """Return what to print."""
        found = self.verification
        yield f"{found.model} for {found.stage}: {'verified' if found.has_passed else 'not verified'}"
        yield from (f"  {_MARKS[check.result]} {check.id}: {check.note}" for check in found.checks)
        yield self.path.as_posix()

    def records(self) -> dict[str, Any]:
        """Return the verification for `--json`."""
        return self.verification.as_dict()


def verify_model(project: Project, model: str, stage: Stage, *, out: Path | None = None) -> VerifyResult:
    """Verify `NAME@VERSION` for a stage, and write what was found to `.winnow/release/verification.json`.

    Raises UsageError for a version that does not exist. All else that is missing or wrong is a check that failed.
    """
    artifact, version = split_model(model)
    with find_subject(project, artifact, version, stage) as subject:
        found = verify(subject)
    return _written(project, found, out)


def verify_vault(project: Project, model: str, stage: Stage, *, out: Path | None = None) -> VerifyResult:
    """Let a version that was verified look into the vault, if that is due, and add what came of it.

    Raises CheckError for a version that was not verified, or whose look was taken without a result; InputError without
    a verification.
    """
    artifact, version = split_model(model)
    path = out or release_folder(project) / VERIFICATION
    before = read_verification(path)
    is_due = before.vault == "due"
    require_verified(before.model_copy(update={"vault": "passed"}) if is_due else before, artifact, version, stage)
    if not is_due:
        return VerifyResult(before, path)
    with find_subject(project, artifact, version, stage) as subject:
        ledger = Ledger((subject.there.root, subject.scratch, project.root))
        bench = Bench(subject, ledger)
        if not bench.load() or (bench.files, subject.commit) != (before.files, before.commit):
            raise CheckError("the model is not the one that was verified", hint="winnow verify model, then this again")
        # Another run may have looked since.
        found = find_look(bench.ticket) or bench.look()
    check = Check(id="vault", result="pass" if found.passed else "fail", note=look_text(found))
    checks = [*(each for each in before.checks if each.id != "vault"), check]
    vault = "passed" if found.passed else "failed"
    return _written(project, before.model_copy(update={"checks": checks, "vault": vault}), out)


def _written(project: Project, found: Verification, out: Path | None) -> VerifyResult:
    path = out or release_folder(project) / VERIFICATION
    write_json(path, found.as_dict())
    add_to_summary([to_markdown(verification_blocks(found))])
    # A look is for a version that nothing else speaks against.
    set_outputs({"vault": found.vault if found.has_passed else "none"})
    return VerifyResult(found, path)
