"""Migration: a folder of loose images under `dvc add` becomes parts."""

from pathlib import Path

from winnow.errors import UsageError
from winnow.ingest.tracking import pull, stop_tracking
from winnow.project import Project


def tracked_by(source: str) -> Path:
    """Return the `.dvc` file that would track the folder `source`."""
    folder = Path(source).absolute()
    return folder.with_name(f"{folder.name}.dvc")


def fetch(project: Project, source: str) -> None:
    """Make sure that the folder to migrate is here. Raises UsageError when DVC does not track it."""
    tracker = tracked_by(source)
    if not tracker.is_file():
        raise UsageError(f"expected {tracker}, found nothing", hint="--migrate is for a folder under `dvc add`")
    if not Path(source).exists():
        pull(project, tracker)


def finish(project: Project, source: str) -> list[Path]:
    """End DVC's tracking of the loose files, which stay on the disk; return what changed in Git."""
    tracker = tracked_by(source)
    stop_tracking(project, tracker)
    return [tracker, tracker.with_name(".gitignore")]
