"""The merge of `data/erased.csv`: what any side has erased stays erased."""

import re

from winnow.files import write_text
from winnow.merging.operation import Operation
from winnow.merging.staging import conflicted, name_of, stage
from winnow.project import Project
from winnow.repository.git import read_at

_ID_LINE = re.compile(r"(?m)^[0-9a-f]{20}\r?$")


def merge_erased(project: Project, operation: Operation) -> set[str]:
    """Return the ids that were erased in any of the three commits, or since.

    The file of the work tree may be in conflict: its lines are ids all the same.
    """
    commits = (operation.base, operation.ours, operation.theirs)
    contents = [read_at(project, commit, project.erased) for commit in commits if commit]
    if project.erased.exists():
        contents.append(project.erased.read_bytes())
    found = (_ID_LINE.findall(content.decode("utf-8", errors="replace")) for content in contents if content)
    return {line.strip() for lines in found for line in lines}


def settle_erased(project: Project, erased: set[str]) -> None:
    """Write and stage the ids, if there are any or Git asks."""
    if erased or name_of(project, project.erased) in conflicted(project):
        text = "".join(f"{line}\n" for line in ["id", *sorted(erased)])
        if not project.erased.exists() or project.erased.read_text(encoding="utf-8") != text:
            write_text(project.erased, text)
        stage(project, project.erased)
