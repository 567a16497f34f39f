"""How much of single images a project shows: one answer for every page, report and log line (`project.disclose`)."""

from dataclasses import dataclass
from typing import Literal

from winnow.config import read_section
from winnow.project import Project
from winnow.project_config import ProjectConfig

Level = Literal["aggregate", "ids", "pictures"]


@dataclass(frozen=True)
class Disclosure:
    """What may be shown where others see it: in Git, in DVC's outputs, in comments, in logs.

    A command that a person points at single images (`images`, `predict FILE`) answers about them, on this machine.
    Names of files are shown at no level; groups and further columns in `predictions.parquet` alone, from `ids` on.
    """

    level: Level

    @property
    def may_show_ids(self) -> bool:
        """Whether single images may be named by their ids, which are hashes of their bytes."""
        return self.level != "aggregate"

    @property
    def may_show_pictures(self) -> bool:
        """Whether images may be shown, as thumbnails too."""
        return self.level == "pictures"


def read_disclosure(project: Project) -> Disclosure:
    """Return what `project.disclose` in `params.yaml` allows."""
    return Disclosure(read_section(project, "project", ProjectConfig).disclose)
