"""`winnow rollback`: put the previous version back into a stage, at once and without another judgement."""

from winnow.errors import CheckError, UsageError
from winnow.project import Project
from winnow.registry.entry import Entry
from winnow.registry.history import History
from winnow.registry.names import Stage, artifact_name, named_project
from winnow.registry.signatures import require_signature
from winnow.registry.writing import Written, open_desk


def rollback(
    project: Project, version: str | None, stage: Stage, *, or_empty: bool = False, push: bool = False
) -> Written:
    """Assign the stage to the version that was there before; no tag is moved or removed.

    With `version` (or `NAME@VERSION`) only while that is in the stage: somebody else may have put another one there.
    `or_empty`: where nothing was there before, nothing is there afterwards.

    The version that comes back was judged when it was promoted. Raises UsageError when nothing was there before,
    CheckError when it carries no record, or when another version is in the stage.
    """
    if version and "@" in version:
        project, version = named_project(project, version)
    artifact = artifact_name(project)
    desk = open_desk(project, artifact, push=push)
    current, previous = desk.history.in_stage(stage), desk.history.before(stage)
    if version and current != version:
        raise CheckError(
            f"{artifact} {version} is not in {stage}: {current or 'nothing'} is", hint="`winnow models` shows it"
        )
    if current is None or (previous is None and not or_empty):
        raise UsageError(
            f"no version was in {stage} before {current}" if current else f"nothing is in {stage}",
            hint="`git fetch --tags` brings what others promoted; `winnow models` shows what is where",
        )
    notes = [f"{current} was in {stage} until now"]
    if previous is None:
        entry = _recorded(desk.history, current, stage)
        return desk.write(entry.model_copy(update={"action": "withdraw", "stage": stage, "override": None}), notes)
    require_signature(project, desk.history.versions[previous].tag, is_required=False)
    entry = _recorded(desk.history, previous, stage)
    return desk.write(entry.model_copy(update={"action": "rollback", "stage": stage, "override": None}), notes)


def _recorded(history: History, version: str, stage: Stage) -> Entry:
    """Return what was known of a version when it came into the stage, else when it was registered."""
    promotion = history.promotion_of(version, stage)
    for event in (promotion, history.versions[version]):
        if event and isinstance(event.entry, Entry) and event.entry.version == version:
            return event.entry
    raise CheckError(
        f"{version} carries no record: neither its registration nor its promotion was made by winnow",
        hint=f"winnow promote {version} --to {stage} judges it first",
    )
