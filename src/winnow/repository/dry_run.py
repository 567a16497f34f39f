"""Whether `dvc.lock` is current: what DVC would do, asked without data and without running anything."""

import re
from dataclasses import dataclass
from pathlib import Path

from winnow.project import Project
from winnow.repository.dvc import call_dvc, last_line, relative
from winnow.repository.listings import open_repo
from winnow.repository.outs import is_own

_UP_TO_DATE = "Data and pipelines are up to date."
# DVC stops at the first stage that would run where what it reads is not here.
_WOULD_RUN = re.compile(r"^(?:Running stage|ERROR: failed to reproduce) '([^']+)':", re.MULTILINE)


@dataclass(frozen=True)
class DryRun:
    """What `dvc repro` would do."""

    is_current: bool
    stages: list[str]
    """That would run, as far as DVC can tell without data."""
    said: str
    """DVC's last words."""

    lost: list[str]
    """Dependencies that are neither in this commit nor tracked by DVC: nobody can run it again."""

    is_known: bool
    """Whether DVC could tell: with a `dvc.yaml` that it cannot read, the lock is neither current nor stale."""


def dry_run(project: Project) -> DryRun:
    """Ask DVC. It is read by its text: its exit code is 255 for a stale lock where data is missing, 0 where not."""
    done = call_dvc(project, "repro", "--dry", "--allow-missing")
    stages = list(dict.fromkeys(_WOULD_RUN.findall(f"{done.stdout}\n{done.stderr}")))
    lines = done.stdout.strip().splitlines() or [""]
    is_current = done.returncode == 0 and lines[-1] == _UP_TO_DATE
    if is_current or not done.returncode:
        lost = _lost(project) if is_current else []
        return DryRun(is_current and not lost, stages, lines[-1], lost, is_known=True)
    return DryRun(is_current=False, stages=stages, said=_complaint(done.stderr), lost=[], is_known=bool(stages))


def _lost(project: Project) -> list[str]:
    """Return what `--allow-missing` passes over although it is no data: a file that was deleted, say."""
    with open_repo(project) as repo:
        deps = [dep for stage in repo.index.stages if is_own(project, stage.path) for dep in stage.deps]
        absent = [Path(dep.fs_path) for dep in deps if dep.protocol == "local" and not dep.exists]
        tracked = [Path(out.fs_path) for out in repo.index.outs] if absent else []
        lost = (path for path in absent if not any(path.is_relative_to(out) for out in tracked))
        return sorted({Path(relative(project, path)).as_posix() for path in lost})


def _complaint(text: str) -> str:
    """Return what DVC says; where it shows a broken file, the first line names it."""
    said = [line for line in text.splitlines() if line.strip()] or ["no message"]
    return last_line(text) if any(line.startswith("ERROR: ") for line in said) else said[0]
