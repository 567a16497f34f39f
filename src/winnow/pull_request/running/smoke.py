"""The pipeline of this checkout on the digits that scikit-learn ships, in a folder of its own, without a remote."""

import os
import re
import shutil
from pathlib import Path

from winnow.files import disk_errors, fresh_folder, write_text
from winnow.project import PARAMS, Project
from winnow.pull_request.record import Smoke
from winnow.pull_request.running.streaming import last_words, stream

_RECIPE = Path("recipes", "digits.yaml")
_EPOCHS = 2
_CODE = re.compile(r"(?m)^(\s*- code:\s*)(\S+)\s*$")
# Neither Git nor anything that the repository's own configuration says.
_CONFIG = "[core]\n    analytics = false\n    check_update = false\n    no_scm = true\n"


def smoke(root: Path, project: Project) -> Smoke | None:
    """Run a project's own flow on the digits for a few epochs; None where the repository has no recipe for them.

    The flow's `code:` leads to the sources of this checkout, wherever the folder lies.
    """
    recipe, flow = root / _RECIPE, project.root / "dvc.yaml"
    if not recipe.is_file() or not _CODE.search(flow.read_text(encoding="utf-8")):
        return None
    place = Project(fresh_folder(project.scratch / "smoke"))
    with disk_errors(place.root):
        _lay_out(place, project, recipe, flow)
    for words in (("winnow", "add", "sklearn:digits"), ("dvc", "repro", "--no-run-cache")):
        ran = stream(place, *words)
        if ran.code:
            return Smoke(passed=False, message=last_words(place, ran.lines[-60:]))
    return Smoke(passed=True, message="")


def _lay_out(place: Project, project: Project, recipe: Path, flow: Path) -> None:
    def from_here(found: re.Match[str]) -> str:
        return f"{found[1]}{Path(os.path.relpath(project.root / found[2], place.root)).as_posix()}"

    write_text(place.root / ".dvc" / "config", _CONFIG)
    write_text(place.root / "dvc.yaml", _CODE.sub(from_here, flow.read_text(encoding="utf-8")))
    params, count = re.subn(r"(?m)^  epochs: \d+$", f"  epochs: {_EPOCHS}", recipe.read_text(encoding="utf-8"))
    assert count == 1, "the recipe says once for how long to train"
    write_text(place.root / PARAMS, params)
    # Compiled files beside the sources would change what the stages depend on.
    write_text(place.root / ".dvcignore", "__pycache__/\n*.pyc\n.winnow/\n")
    for name in ("custom", ".dvc/plots"):
        if (project.root / name).is_dir():
            shutil.copytree(project.root / name, place.root / name, dirs_exist_ok=True, ignore=_COMPILED)


_COMPILED = shutil.ignore_patterns("__pycache__")
