"""Publication in two phases, so that a kill at any moment costs nothing but time.

Order: parts are finished in the staging folder; the journal names them; they are renamed into `data/images`;
`labels.csv` is replaced, and from then on its images are accepted; the journal says that DVC does not track them yet;
DVC tracks them (`tracking`). Whoever comes next reads the journal and finishes or undoes.
"""

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import pyarrow.compute as pc

from winnow.data.labels import Labels, read_labels, write_labels
from winnow.data.parts import part_ids
from winnow.errors import InputError, WinnowError
from winnow.files import disk_errors, fsync_folder, read_json, write_json, write_text
from winnow.ingest.lock import exclusive
from winnow.ingest.tracking import track, track_folder
from winnow.logs import logger
from winnow.project import Project
from winnow.repository.dvc import read_recorded


@dataclass(frozen=True)
class Journal:
    """Names of parts that are on their way."""

    publishing: list[str] = field(default_factory=list)
    """Accepted only if `labels.csv` has their images."""

    restoring: bool = False
    """`labels.csv` has them anyway: the parts are made again from their source."""

    leaving: list[str] = field(default_factory=list)
    """Parts that go once all of `publishing` have come, which hold what is still wanted of theirs."""

    untracked: list[str] = field(default_factory=list)
    """Accepted; DVC does not track them yet."""

    is_whole: bool = False
    """Parts have left: DVC is to record the folder as it is, not to add to what it recorded."""

    images_dvc: str | None = None
    """While DVC is at work: the text of `images.dvc` before (empty: none), for DVC does not replace it atomically."""


def read_journal(project: Project) -> Journal:
    """Return the journal; an empty one when there is none."""
    if not project.journal.is_file():
        return Journal()
    content = read_json(project.journal, hint=f"delete {project.journal} and run `dvc status`")
    return Journal(**{key: content[key] for key in asdict(Journal()) if key in content})


def write_journal(project: Project, journal: Journal) -> None:
    """Replace the journal; nothing on its way: remove it."""
    if journal == Journal():
        project.journal.unlink(missing_ok=True)
    else:
        write_json(project.journal, asdict(journal))


@contextmanager
def changing(project: Project) -> Iterator[None]:
    """Hold the project's lock over a change of the data set, with what a killed run left behind settled first.

    When the block fails, what it had begun to publish is undone at once.
    """
    with exclusive(project):
        _recover(project)
        if project.erasure.exists():
            logger.warning("an erasure is not finished: `winnow erase` goes on with it")
        try:
            yield
        except BaseException:
            # The first error is the one to report; what cannot be undone now is undone by the next run.
            with suppress(OSError, WinnowError):
                _recover(project)
            raise
        _clear_staging(project)


def read_current_labels(project: Project) -> Labels:
    """Return `labels.csv`, or no rows when it does not exist yet."""
    return read_labels(project.labels) if project.labels.exists() else Labels.empty()


def publish(project: Project, parts: list[Path], labels: Labels) -> None:
    """Make staged parts and the new labels visible; `labels` has the rows of everything, the new images among them."""
    # Images that were removed and come again may give a part that is there: it is not ours to move, or to undo.
    parts = [part for part in parts if not (project.images / part.name).exists()]
    _move(project, parts, Journal(publishing=[part.name for part in parts]))
    write_labels(project.labels, labels)
    _settle(project, [part.name for part in parts])


def exchange(project: Project, parts: list[Path], leaving: Iterable[Path]) -> None:
    """Let staged parts take the place of others, all of them or none; `labels.csv` stays as it is.

    The new parts must hold every image of the others that is still wanted.
    """
    gone = {part.name for part in leaving} - {part.name for part in parts}
    arriving = [part for part in parts if not (project.images / part.name).exists()]
    _move(project, arriving, Journal(publishing=[part.name for part in arriving], leaving=sorted(gone)))
    _finish_exchange(project, read_journal(project))


def publish_again(project: Project, parts: list[Path]) -> None:
    """Put parts back whose images `labels.csv` already has."""
    _move(project, parts, Journal(publishing=[part.name for part in parts], restoring=True))
    _settle(project, [part.name for part in parts])


def track_pending(project: Project) -> bool:
    """Let DVC track what it does not track yet; return whether the parts left the folder again (see `track`)."""
    journal = read_journal(project)
    if not (journal.untracked or journal.is_whole):
        return False
    _mend_images_dvc(project, journal)
    text = project.images_dvc.read_text(encoding="utf-8") if project.images_dvc.exists() else ""
    write_journal(project, replace(journal, images_dvc=text))
    if journal.is_whole:
        track_folder(project)
    have_left = not journal.is_whole and track(project, journal.untracked)
    write_journal(project, Journal())
    return have_left


def _mend_images_dvc(project: Project, journal: Journal) -> None:
    """Put `images.dvc` back as it was when DVC was killed while it wrote it."""
    try:
        read_recorded(project)
    except InputError:
        if journal.images_dvc is None:
            raise
        if journal.images_dvc:
            write_text(project.images_dvc, journal.images_dvc)
        else:
            project.images_dvc.unlink()


def _move(project: Project, parts: list[Path], journal: Journal) -> None:
    before = read_journal(project)
    write_journal(project, replace(journal, untracked=before.untracked, is_whole=before.is_whole))
    with disk_errors(project.images):
        project.images.mkdir(parents=True, exist_ok=True)
        for part in parts:
            part.replace(project.images / part.name)
        fsync_folder(project.images)


def _finish_exchange(project: Project, journal: Journal) -> None:
    with disk_errors(project.images):
        for name in journal.leaving:
            (project.images / name).unlink(missing_ok=True)
        fsync_folder(project.images)
    _settle(project, journal.publishing, is_whole=True)


def _settle(project: Project, published: list[str], *, is_whole: bool = False) -> None:
    before = read_journal(project)
    untracked = dict.fromkeys(name for name in [*before.untracked, *published] if (project.images / name).exists())
    write_journal(project, Journal(untracked=list(untracked), is_whole=before.is_whole or is_whole))


def _recover(project: Project) -> None:
    """Finish or undo what a killed run had begun to publish, and clear the staging folder."""
    _clear_staging(project)
    journal = read_journal(project)
    if not (journal.publishing or journal.leaving):
        return
    arrived = [name for name in journal.publishing if (project.images / name).exists()]
    # Parts are moved before labels.csv is replaced, and that is atomic: it has all of their images or none. When
    # parts are being restored it has them anyway, and only all of them together are worth keeping.
    if journal.restoring or journal.leaving:
        is_done = arrived == journal.publishing
    else:
        is_done = bool(arrived) and _has_images_of(
            read_current_labels(project), [project.images / name for name in arrived]
        )
    if not is_done:
        for name in arrived:
            (project.images / name).unlink()
    if is_done and journal.leaving:
        _finish_exchange(project, journal)
    else:
        _settle(project, arrived if is_done else [])


def _has_images_of(labels: Labels, parts: list[Path]) -> bool:
    return any(
        pc.any(pc.is_in(part_ids(part), value_set=labels.table["id"].combine_chunks())).as_py() for part in parts
    )


def _clear_staging(project: Project) -> None:
    if project.staging.exists():
        shutil.rmtree(project.staging)
