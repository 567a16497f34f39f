"""What a promotion takes over from the verification that another job has made."""

from winnow.changes.snapshot import working_tree
from winnow.errors import CheckError, WinnowError
from winnow.project import Project
from winnow.registry.entry import VaultLook
from winnow.registry.evidence import Evidence
from winnow.registry.names import Stage, artifact_name
from winnow.release.record import Verification
from winnow.release.vault import Ticket, find_look, look_text, vault_images

Known = tuple[VaultLook | None, list[str]]

_HINT = "winnow verify model NAME@VERSION --to STAGE writes one"


def require_verified(verification: Verification, artifact: str, version: str, stage: Stage) -> None:
    """Raise CheckError unless a verification is about this version and stage, and nothing in it speaks against it."""
    if (verification.artifact, verification.version, verification.stage) != (artifact, version, stage):
        raise CheckError(
            f"the verification is about {verification.model} for {verification.stage}, not {artifact}@{version} for "
            f"{stage}",
            hint=_HINT,
        )
    failed = [f"{check.id}: {check.note}" for check in verification.checks if check.result == "fail"]
    if failed:
        raise CheckError(
            f"{verification.model} was not verified: {'; '.join(failed)}", hint="mend it, and verify again"
        )
    if verification.vault in ("due", "failed"):
        raise CheckError(f"the vault of {verification.model} is {verification.vault}", hint="winnow verify vault")


def require_same_subject(verification: Verification, evidence: Evidence) -> None:
    """Raise CheckError unless a verification is about the commit, data, lock and files that the evidence is about."""
    pairs = {
        "commit": (verification.commit, evidence.commit),
        "data": (verification.data_hash, evidence.data_hash),
        "dvc.lock": (verification.lock_sha256, evidence.lock_sha256),
        "files": (verification.files, evidence.files),
    }
    differing = [name for name, (verified, now) in pairs.items() if verified != now]
    if differing:
        raise CheckError(f"what was verified is not what is to be promoted: {', '.join(differing)} differ", hint=_HINT)


def known_look(project: Project, there: Project, evidence: Evidence, version: str) -> Known:
    """Return what an earlier look into the vault has shown, and what that says against the version.

    `there` is the checkout of the commit. Who promotes on a desk need not look; a result that is there counts.
    """
    try:
        has_vault = bool(len(vault_images(working_tree(there))))
        ticket = Ticket(project, artifact_name(project), version, evidence.commit, evidence.files)
        found = find_look(ticket) if has_vault and ticket.is_asked else None
    except WinnowError as error:
        return None, [f"the vault: {error.message}"]
    return found, [] if found is None or found.passed else [f"the vault says no: {look_text(found)}"]


def take_look(project: Project, verification: Verification) -> VaultLook | None:
    """Return what was seen in the vault, as the Git remote has it; None where there is no vault.

    Raises CheckError where that is missing, or says no.
    """
    if verification.vault == "none":
        return None
    ticket = Ticket(project, verification.artifact, verification.version, verification.commit, verification.files)
    found = find_look(ticket)
    if found is None:
        raise CheckError(f"nobody has looked into the vault for {verification.model}", hint="winnow verify vault")
    if not found.passed:
        raise CheckError(f"the vault says no: {look_text(found)}", hint="train a better model")
    return found
