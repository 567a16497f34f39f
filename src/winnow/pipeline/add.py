"""`winnow add`: images come in, are packed into parts, get a row in `labels.csv`, and DVC tracks the parts."""

from functools import partial

from winnow import cost
from winnow.config import read_section
from winnow.data.config import DataConfig
from winnow.ingest import migration
from winnow.ingest.config import AddConfig
from winnow.ingest.intake import stage
from winnow.ingest.label_tracking import tracked_labels
from winnow.ingest.privacy import Withheld, conceal, open_private, own_pseudonyms, told
from winnow.ingest.publication import changing, publish, read_current_labels, read_journal, track_pending
from winnow.ingest.quarantine import write_quarantine
from winnow.ingest.restoration import restore
from winnow.ingest.result import AddResult
from winnow.ingest.source_item import Source
from winnow.ingest.sources import open_source
from winnow.ingest.tracking import is_bare, require_joinable
from winnow.project import Project
from winnow.repository.dvc import require_dvc

NOTHING = Withheld()


def run(
    project: Project,
    source: str,
    *,
    label: str | None = None,
    strict: bool = False,
    track: bool = True,
    migrate: bool = False,
    withheld: Withheld = NOTHING,
) -> AddResult:
    """Take in what `source` names; see `winnow add --help` for the arguments.

    Raises UsageError outside a DVC repository (with `track`), InputError for a source that is absent, empty or
    malformed, MachineError for a full disk; nothing has changed then. Killed at any moment and run again, it ends
    with the same bytes as an undisturbed run.
    """
    config = withheld.joined(read_section(project, "add", AddConfig))
    data = read_section(project, "data", DataConfig)
    if track or migrate:
        require_dvc(project)
    with cost.measured(project, "add") as spent, changing(project), tracked_labels(project, track=track):
        if migrate:
            migration.fetch(project, source)
        images = open_private(project, partial(open_source, project, source, label=label, data=data), config)
        was_interrupted = bool(read_journal(project).untracked)
        have_left = track and track_pending(project)
        result = _take_in(project, images, config, track=track)
        result.is_strict = strict
        have_left |= track and track_pending(project)
        if result.added or was_interrupted:
            result.tell_changed(project, have_left=have_left)
        if migrate:
            result.tell_migrated([] if result.quarantined else migration.finish(project, source))
        spent |= {"num_found": result.found, "num_added": result.added}
    return result


def _take_in(project: Project, source: Source, config: AddConfig, *, track: bool) -> AddResult:
    """Restore what is absent, or add what is new."""
    labels = read_current_labels(project)
    pseudonyms = own_pseudonyms(project, labels, config)
    is_clone_bare = is_bare(project, track=track)
    restored = restore(project, source, labels, config) if is_clone_bare else None
    staged = restored or stage(project, source, labels, config)
    staged.refuse_moves()
    if staged.parts and is_clone_bare and not restored:
        require_joinable(project, track=track)
    write_quarantine(project.quarantine, staged.refusals)
    if not restored:
        staged.rows = conceal(staged.rows, labels, pseudonyms)
    if staged.parts and not restored:
        publish(project, staged.parts, labels.merged(staged.rows))
    result = AddResult.of(project, staged, is_restored=restored is not None, is_bare=is_clone_bare)
    result.notes += told(staged.rows, labels, config) if result.added else []
    return result
