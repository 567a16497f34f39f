"""`winnow register`: give the model of this commit a version, if nothing speaks against it."""

from winnow.errors import UsageError
from winnow.project import Project
from winnow.registry.evidence import at_commit, gather, require_clean
from winnow.registry.gate import against_production, require_consent
from winnow.registry.model_files import project_of
from winnow.registry.names import Address, artifact_name
from winnow.registry.owner_part import read_owner_part
from winnow.registry.versions import Bump, next_version
from winnow.registry.writing import Written, open_desk, record_version
from winnow.repository.git import resolve


def register(project: Project, *, bump: Bump, override: str | None = None, push: bool = False) -> Written:
    """Tag HEAD as the next version of the project's model, with the evidence in the tag's message.

    Raises CheckError when something speaks against it and nobody answers for it, UsageError when this commit is
    registered already or the name cannot be used, InputError when there is no model to register.
    """
    artifact = artifact_name(project)
    require_clean(project)
    commit = resolve(project, "HEAD")
    project_of(project, commit, Address(artifact))
    desk = open_desk(project, artifact, push=push)
    known = [version for version, event in desk.history.versions.items() if event.tag.commit == commit]
    if known:
        raise UsageError(f"this commit is {artifact} {known[0]} already", hint="winnow promote, or commit a new model")
    with at_commit(project, commit) as there:
        evidence = gather(project, there, commit)
        against, _ = against_production(project, there, desk.history, None)
        gaps = read_owner_part(there).gaps()
    consent = require_consent(project, evidence.refusals, override)
    version = next_version(desk.history, bump)
    notes = [f"before it can be promoted, fill in card.yaml: {', '.join(gaps)}"] if gaps else []
    return desk.write(record_version(artifact, version, evidence, against, consent), notes)
