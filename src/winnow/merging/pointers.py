"""The small `.dvc` files of three commits.

DVC reads every stage of a project before it adds one file, so it refuses to work while `dvc.yaml` or `params.yaml` are
in conflict. What `dvc add` would write differs from what is there in three numbers, so it is written without DVC.
"""

import re
from pathlib import Path

from winnow.errors import InputError
from winnow.merging.operation import Operation
from winnow.project import Project
from winnow.repository.git import read_at


def texts(project: Project, operation: Operation, pointer: Path) -> dict[str, str | None]:
    """Return a `.dvc` file as `base`, `ours` and `theirs` have it; None where they have none."""
    commits = {"base": operation.base, "ours": operation.ours, "theirs": operation.theirs}
    contents = {side: commit and read_at(project, commit, pointer) for side, commit in commits.items()}
    return {side: content.decode("utf-8") if content else None for side, content in contents.items()}


def recorded_md5(pointer: Path) -> str:
    """Return the MD5 that a `.dvc` file records. Raises InputError when it is absent, malformed or in conflict."""
    found = re.findall(r"(?m)^(?:- |  )md5: (\S+)$", pointer.read_text(encoding="utf-8")) if pointer.exists() else []
    if len(found) != 1:
        raise InputError(f"{pointer}: expected one md5, got {len(found)}", hint="take the file from Git")
    return str(found[0])
