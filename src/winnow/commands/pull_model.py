"""`winnow pull-model`: the files of a registered model, checked against what was registered."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from winnow.errors import ExitCode, UsageError
from winnow.registry.pulling import Pulled, find_source, pull


@dataclass(frozen=True)
class PullResult:
    """Where the model lies now."""

    pulled: Pulled
    exit_code = ExitCode.OK

    def lines(self) -> list[str]:
        """Return what to print."""
        found = self.pulled
        state = "was there already, and is intact" if found.was_there else "checksums verified"
        return [
            f"{found.artifact} {found.version} ({found.tag}): {state}",
            f"signature: {found.signature}",
            found.folder.as_posix(),
        ]

    def records(self) -> dict[str, Any]:
        """Return plain data for `--json`."""
        found = self.pulled
        return {
            "artifact": found.artifact,
            "version": found.version,
            "tag": found.tag,
            "commit": found.commit,
            "signature": found.signature,
            "folder": found.folder.as_posix(),
        }


def pull_model(
    name: str, *, out: Path | None = None, repository: str | None = None, require_signature: bool = False
) -> PullResult:
    """Write a model into a folder; default `.winnow/models/NAME-VERSION` of the repository here.

    `repository` is another clone's folder or a Git address. Raises CheckError for files that are not those that were
    registered, UsageError for a name, version or stage that does not exist, InputError for bytes that nobody has.
    """
    if repository and out is None:
        raise UsageError("expected --out DIR beside --repo", hint="winnow pull-model NAME --repo URL --out model")
    with find_source(repository) as source:
        return PullResult(pull(source, name, out, is_signature_required=require_signature))
