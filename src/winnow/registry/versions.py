"""What GTO itself says before a tag is made: the next version, and which stages `.gto` allows.

Imported by the commands that write tags; it takes GTO two seconds to start.
"""

from typing import Literal

from gto.config import CONFIG_FILE_NAME, read_registry_config
from gto.exceptions import GTOException
from gto.tag import parse_name
from gto.versions import SemVer

from winnow.errors import UsageError
from winnow.project import Project
from winnow.registry.history import History
from winnow.registry.names import version_key
from winnow.repository.git import git_root

Bump = Literal["major", "minor", "patch"]

_NOTHING = "v0.0.0"


def next_version(history: History, bump: Bump) -> str:
    """Return the version after the greatest that ever was: a number that was taken back is not given again."""
    taken = [tag.name.version for tag in history.tags if tag.name.version]
    greatest = max(taken, key=version_key, default=_NOTHING)
    part = {"bump_major": bump == "major", "bump_minor": bump == "minor", "bump_patch": bump == "patch"}
    return str(SemVer(greatest).bump(**part).version)  # type: ignore[no-untyped-call]


def require_readable(project: Project, ref: str, stage: str | None) -> None:
    """Raise UsageError unless GTO would read the tag, and `.gto` (where there is one) allows the stage."""
    try:
        parse_name(ref)
        if stage:
            read_registry_config(str(git_root(project) / CONFIG_FILE_NAME)).assert_stage(stage)  # type: ignore[no-untyped-call]
    except GTOException as error:
        raise UsageError(f"GTO does not take {ref}: {error}", hint="see the file .gto, or take another name") from None
