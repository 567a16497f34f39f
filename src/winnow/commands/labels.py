"""`winnow labels git|dvc`: what tracks `data/labels.csv`. Its bytes stay the same, so no stage runs again."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from winnow.config import read_section
from winnow.errors import ConfigError, ExitCode
from winnow.files import write_text
from winnow.ingest.label_tracking import is_in_git, require_recorded, track_labels
from winnow.ingest.publication import changing
from winnow.ingest.result import commit_lines
from winnow.project import Project
from winnow.project_config import ProjectConfig
from winnow.repository import git
from winnow.repository.dvc import call_dvc, relative, require_dvc, require_success

Keeper = Literal["git", "dvc"]

_VALUE = re.compile(r"""(['"]?)(?:git|dvc)\1""")
_HISTORY = "Git's history still holds the old labels: if they are private, start a new repository, or rewrite history"


@dataclass(frozen=True)
class LabelsResult:
    """What tracks the labels from now on."""

    keeper: Keeper
    changed: list[Path]
    notes: list[str]
    exit_code = ExitCode.OK

    def lines(self) -> list[str]:
        """Return what to print."""
        name = {"git": "Git", "dvc": "DVC"}[self.keeper]
        share = ["to share the labels: dvc push data/labels.csv.dvc"] if self.keeper == "dvc" else []
        told = f"{name} tracks data/labels.csv: its bytes are the same, no stage runs again"
        return [told, *self.notes, *commit_lines(self.changed), *share]


def track_by(project: Project, keeper: Keeper) -> LabelsResult:
    """Let Git or DVC track the labels from now on; killed and run again, it goes on where it stopped.

    What leaves Git's index leaves it at once; the rest is for a person to commit. Raises InputError when the labels
    are not here or are not those that DVC records, UsageError outside a DVC repository.
    """
    require_dvc(project)
    with changing(project):
        require_recorded(project)
        if keeper == "dvc":
            changed, notes = _hand_to_dvc(project)
        else:
            changed, notes = _hand_to_git(project)
        _set_keeper(project, keeper)
    return LabelsResult(keeper, [project.params, *changed, project.labels.with_name(".gitignore")], notes)


def _hand_to_dvc(project: Project) -> tuple[list[Path], list[str]]:
    _leave_index(project, project.labels)
    track_labels(project)
    path = relative(project, project.labels)
    was_in_git = git.call_git(project, "rev-list", "-1", "HEAD", "--", path).stdout.strip()
    return [project.labels_dvc], [_HISTORY] if was_in_git else []


def _hand_to_git(project: Project) -> tuple[list[Path], list[str]]:
    _leave_index(project, project.labels_dvc)
    if project.labels_dvc.exists():
        require_success(call_dvc(project, "remove", "-q", relative(project, project.labels_dvc)))
    project.labels_mark.unlink(missing_ok=True)
    return [project.labels], ["once committed, every clone has the ids, names and groups, for good"]


def _leave_index(project: Project, path: Path) -> None:
    if is_in_git(project, path):
        git.require_success(git.call_git(project, "rm", "--quiet", "--cached", "--", relative(project, path)))


def _set_keeper(project: Project, keeper: Keeper) -> None:
    """Write `project.labels` into `params.yaml` and leave every other character as it is."""
    if read_section(project, "project", ProjectConfig).labels == keeper:
        return
    from ruamel.yaml import YAML

    # Not read_text: line ends stay as they are, too.
    text = project.params.read_bytes().decode("utf-8-sig")
    line, column = YAML().load(text)["project"].lc.value("labels")
    lines = text.split("\n")
    found = _VALUE.match(lines[line], column)
    if found is None:
        raise ConfigError(f"{project.params}: cannot change `project.labels`", hint=f"write `labels: {keeper}` there")
    lines[line] = f"{lines[line][:column]}{keeper}{lines[line][found.end() :]}"
    write_text(project.params, "\n".join(lines))
