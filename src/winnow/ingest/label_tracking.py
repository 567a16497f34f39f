"""`labels.csv` tracked by DVC, where `project.labels` says so: Git then holds `labels.csv.dvc`, and no label.

DVC hears of a change at the end of the command that made it. A command that is killed before that leaves a mark, by
which the next one tells unfinished work from a file that Git moved on (`git pull` without `dvc pull`): the first is
finished, the second refused, because recording it would take back what others have changed.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from winnow.config import read_section
from winnow.errors import ConfigError, InputError
from winnow.files import write_text
from winnow.logs import logger
from winnow.project import Project
from winnow.project_config import ProjectConfig
from winnow.repository.dvc import call_dvc, md5_file, relative, require_dvc, require_success
from winnow.repository.git import call_git

# Its last line is there too: what a killed DVC has left half-written records nothing.
_RECORD = re.compile(r"md5: ([0-9a-f]{32})\n.*path: labels\.csv$", re.DOTALL | re.MULTILINE)


def is_kept_by_dvc(project: Project) -> bool:
    """Return whether `project.labels` in `params.yaml` is `dvc`."""
    return read_section(project, "project", ProjectConfig).labels == "dvc"


def label_files(project: Project) -> list[Path]:
    """Return the files that Git should know after the labels have changed."""
    if is_kept_by_dvc(project):
        return [project.labels_dvc, project.labels.with_name(".gitignore")]
    return [project.labels]


@contextmanager
def tracked_labels(project: Project, *, track: bool = True) -> Iterator[None]:
    """Let DVC record what the block makes of `labels.csv`, if it is DVC that tracks the labels.

    Without `track` that is left to the next command. Hold the project's lock around it. Raises InputError, before the
    block, when the labels are not here or are not the ones recorded.
    """
    _require_agreement(project)
    if not is_kept_by_dvc(project):
        yield
        return
    if track:
        require_dvc(project)
    require_recorded(project)
    if not project.labels_mark.exists():
        write_text(project.labels_mark, _text(project))
    yield
    if track:
        track_labels(project)


def track_labels(project: Project) -> None:
    """Let DVC record `labels.csv` as it is. Raises MachineError when DVC cannot."""
    if project.labels.exists() and md5_file(project.labels) != _recorded_md5(project):
        if not _recorded_md5(project):
            project.labels_dvc.unlink(missing_ok=True)
        require_success(call_dvc(project, "add", "-q", relative(project, project.labels)))
    project.labels_mark.unlink(missing_ok=True)


def require_recorded(project: Project) -> None:
    """Raise InputError unless `labels.csv` is the version that `labels.csv.dvc` records, or comes after it."""
    if _is_unfinished(project):
        logger.info("an earlier command has changed data/labels.csv: DVC records that now as well")
        return
    project.labels_mark.unlink(missing_ok=True)
    if not project.labels_dvc.exists():
        return
    if not project.labels.exists():
        raise InputError(
            f"expected {project.labels}, found only what DVC records of it", hint="dvc pull data/labels.csv.dvc"
        )
    if md5_file(project.labels) != _recorded_md5(project):
        raise InputError(
            f"{project.labels} is not the version that {project.labels_dvc.name} records",
            hint="dvc pull data/labels.csv.dvc; if it was you who changed it: dvc add data/labels.csv",
        )


def is_in_git(project: Project, path: Path) -> bool:
    """Return whether Git's index has this file of the project."""
    return call_git(project, "ls-files", "--error-unmatch", "--", relative(project, path)).returncode == 0


def _require_agreement(project: Project) -> None:
    """Raise ConfigError when `project.labels` was changed by hand: files of the other keeper are there."""
    by_dvc = is_kept_by_dvc(project)
    # Once DVC tracks the labels, Git ignores them: no need to ask it each time.
    if project.labels_dvc.exists() != by_dvc and (not by_dvc or is_in_git(project, project.labels)):
        keeper, other = ("dvc", "Git") if by_dvc else ("git", "DVC")
        raise ConfigError(
            f"`project.labels` in params.yaml is {keeper}, but {other} tracks data/labels.csv",
            hint="`winnow labels git` or `winnow labels dvc` brings both in line",
        )


def _is_unfinished(project: Project) -> bool:
    """Return whether a command of ours changed the labels, and DVC has not yet recorded (all of) that."""
    if not (project.labels_mark.exists() and project.labels.exists()):
        return False
    before = project.labels_mark.read_text(encoding="utf-8")
    is_ours = _text(project) == before or not _recorded_md5(project)
    return is_ours and md5_file(project.labels) != _recorded_md5(project)


def _recorded_md5(project: Project) -> str:
    """Return the hash that `labels.csv.dvc` records; empty when it records none."""
    found = _RECORD.search(_text(project))
    return found[1] if found else ""


def _text(project: Project) -> str:
    return project.labels_dvc.read_text(encoding="utf-8") if project.labels_dvc.exists() else ""
