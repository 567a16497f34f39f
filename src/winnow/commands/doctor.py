"""`winnow doctor`: what on this machine stands in the way, each with what mends it."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from winnow.errors import ExitCode, UsageError
from winnow.project import Project
from winnow.remotes.address import KINDS
from winnow.remotes.credentials import Credential, find_credential
from winnow.remotes.probe import Step, can_pull, probe
from winnow.remotes.settings import Remote, read_remote
from winnow.remotes.storage import open_storage
from winnow.remotes.traps import Trap, find_traps

_WIDTH = 12


@dataclass(frozen=True)
class RemoteReport:
    """What `winnow doctor remote` found."""

    remote: Remote
    traps: list[Trap]
    credential: Credential | None = None
    """None where a trap made it pointless to look."""

    steps: list[Step] = field(default_factory=list)
    """Empty where nothing was sent."""

    @property
    def exit_code(self) -> ExitCode:
        """OK when a push and a pull should work."""
        is_well = self.steps and all(step.state == "ok" for step in self.steps)
        return ExitCode.OK if is_well and not any(trap.is_fatal for trap in self.traps) else ExitCode.FAILED

    def lines(self) -> Iterator[str]:
        """Return what to print."""
        address = self.remote.address
        yield _line("remote", f"{self.remote.name}: {address.url} ({KINDS[address.kind]})")
        for trap in self.traps:
            yield _line("error" if trap.is_fatal else "warning", trap.text)
            yield _line("", f"hint: {trap.hint}")
        if self.credential:
            yield _line("credential", str(self.credential))
            yield from _problem(self.credential.problem, self.credential.hint)
        for step in self.steps:
            yield _line(step.name, {"ok": "ok", "failed": "FAILED", "untried": "not tried"}[step.state])
            yield from _problem(step.problem, step.hint)
        yield self._summary()

    def records(self) -> dict[str, Any]:
        """Return plain data for `--json`; no option's value but the address is in it."""
        return {
            "is_ok": self.exit_code is ExitCode.OK,
            "name": self.remote.name,
            "url": self.remote.address.url,
            "kind": self.remote.address.kind,
            "credential": asdict(self.credential) if self.credential else None,
            "steps": [step.records() for step in self.steps],
            "traps": [asdict(trap) for trap in self.traps],
        }

    def _summary(self) -> str:
        if self.exit_code is ExitCode.OK:
            return "dvc push and dvc pull will work"
        if self.steps and can_pull(self.steps) and not any(trap.is_fatal for trap in self.traps):
            return "dvc pull will work; the rest will not"
        return "not ready" if self.steps else "not ready; nothing was sent"


def doctor_remote(project: Project) -> RemoteReport:
    """Say which remote and which credential would be used, and try them with one tiny object.

    Raises UsageError without a remote, MachineError where the package for its kind of storage is missing, InputError
    for a configuration or a credential file that cannot be read.
    """
    remote = read_remote(project)
    if remote is None:
        raise UsageError(
            "no remote is set: nothing leaves this machine, and a clone has no images",
            hint="inv remote gs://BUCKET/PATH, s3://BUCKET/PATH or a folder (docs/remote.md)",
        )
    traps = find_traps(remote)
    if any(trap.is_fatal for trap in traps):
        return RemoteReport(remote, traps)
    storage = open_storage(remote)
    credential = find_credential(remote, storage)
    steps = [] if credential.problem else probe(remote, storage, credential.identity)
    return RemoteReport(remote, traps, credential, steps)


def _line(name: str, text: str) -> str:
    return f"{name:{_WIDTH}}{text}"


def _problem(problem: str, hint: str) -> Iterator[str]:
    if problem:
        yield _line("", problem)
    if hint:
        yield _line("", f"hint: {hint}")
