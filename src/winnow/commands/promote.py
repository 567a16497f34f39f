"""`winnow promote`: put a registered version into a stage, if nothing speaks against it today either."""

from pathlib import Path

from winnow.errors import CheckError, UsageError
from winnow.project import Project
from winnow.registry.evidence import at_commit, gather
from winnow.registry.gate import against_production, require_consent, require_same
from winnow.registry.names import Address, Stage, artifact_name, named_project, require_version
from winnow.registry.owner_part import read_owner_part
from winnow.registry.signatures import require_signature
from winnow.registry.writing import Written, open_desk, record_stage, record_version
from winnow.release.promotion import known_look, require_same_subject, require_verified, take_look
from winnow.release.record import read_verification


def promote(
    project: Project,
    version: str | None,
    stage: Stage,
    *,
    override: str | None = None,
    push: bool = False,
    verified: Path | None = None,
) -> Written:
    """Assign a stage to a version (None: the latest), with the evidence drawn up anew in the tag's message.

    `NAME@VERSION` names another project of this repository, too. `verified` is what `winnow verify model` wrote: then
    that must be about this version and say yes, and what the vault showed is kept in the tag.

    Raises CheckError when something speaks against it and nobody answers for it, when the model card has gaps, or when
    the files are others than those that were registered; UsageError for an unknown version, or one that is there.
    """
    if version and "@" in version:
        project, version = named_project(project, version)
    artifact = artifact_name(project)
    desk = open_desk(project, artifact, push=push)
    wanted = desk.history.find(Address(artifact, version=require_version(version) if version else None))
    verification = read_verification(verified) if verified else None
    if verification:
        require_verified(verification, artifact, wanted, stage)
    if desk.history.in_stage(stage) == wanted:
        raise UsageError(f"{artifact} {wanted} is in {stage} already", hint="`winnow models` shows what is where")
    event = desk.history.versions[wanted]
    require_signature(project, event.tag, is_required=False)
    with at_commit(project, event.tag.commit) as there:
        gaps = read_owner_part(there).gaps()
        if gaps:
            raise CheckError(
                f"the model card of {wanted} has gaps: card.yaml does not say {', '.join(gaps)}",
                hint="fill them in, commit, and register that commit: winnow register",
            )
        evidence = gather(project, there, event.tag.commit)
        against, worse = against_production(project, there, desk.history, wanted)
        look, vault = known_look(project, there, evidence, wanted)
    refusals = [*evidence.refusals, *require_same(evidence, event.entry), *vault]
    consent = require_consent(project, [*refusals, *(worse if stage == "production" else [])], override)
    if verification:
        require_same_subject(verification, evidence)
        look = take_look(project, verification)
    entry = record_stage(record_version(artifact, wanted, evidence, against, consent), stage)
    return desk.write(entry.model_copy(update={"vault": look}))
