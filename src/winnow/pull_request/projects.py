"""The projects of a repository, and those that a change touches: only they are rebuilt, judged and commented on."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from winnow.errors import UsageError
from winnow.logs import logger
from winnow.project import PARAMS, Project, find_project
from winnow.pull_request.record import MAX_PROJECTS, Folder
from winnow.repository.git import call_git, git_root, merge_base, require_success, resolve
from winnow.repository.listings import open_repo

_FLOW = "dvc.yaml"
_FOLDERS: TypeAdapter[str] = TypeAdapter(Folder)
# What belongs to a project though no stage reads it.
_OWN = (PARAMS, _FLOW, "dvc.lock", "waivers.yaml", "data", "reports", "models", "custom")
NOTHING_TOUCHED = "no project of this repository is touched: nothing is handed over"


@dataclass(frozen=True)
class Change:
    """What a pull request changes."""

    root: Path
    head: str
    base: str
    """Where HEAD and the branch that it wants to join parted."""
    paths: list[str]
    """Of every changed file, from the root of the repository."""


def find_change(base: str, start: Path | None = None) -> Change:
    """Return the change from the merge base of HEAD and `base`.

    Raises UsageError outside of Git, for a base that does not exist, and where files are not committed: what is handed
    over is said of a commit.
    """
    here = Project((start or Path.cwd()).resolve())
    root = git_root(here).resolve()
    if require_success(call_git(here, "status", "--porcelain", "--untracked-files=no", ":/")):
        raise UsageError(
            "expected a clean work tree, found changes that are not committed", hint="git stash, or commit"
        )
    parted = merge_base(here, base)
    listed = require_success(call_git(Project(root), "diff", "--name-only", "--no-renames", "-z", parted, "HEAD"))
    return Change(root, resolve(here, "HEAD"), parted, _names(listed))


def all_projects(root: Path) -> list[Project]:
    """Return every folder of the repository in which Git tracks a `params.yaml` and a `dvc.yaml`, by path.

    Folders whose names a comment or a check cannot carry are left out, with a word in the log; so are those after the
    first twenty.
    """
    pattern = (f":(glob)**/{PARAMS}", f":(glob)**/{_FLOW}")
    tracked = {Path(name) for name in _names(require_success(call_git(Project(root), "ls-files", "-z", *pattern)))}
    folders = sorted({path.parent for path in tracked if {path.parent / PARAMS, path.parent / _FLOW} <= tracked})
    fitting = [folder for folder in folders if _is_sayable(folder.as_posix())]
    for folder in [*(each for each in folders if each not in fitting), *fitting[MAX_PROJECTS:]]:
        logger.warning("%s is left out: a name of other signs, or more than %d projects", folder, MAX_PROJECTS)
    return [Project(root / folder) for folder in fitting[:MAX_PROJECTS]]


def chosen_projects(folders: Iterable[Path]) -> list[Project]:
    """Return the projects in these folders, all of the repository where none is given.

    Raises InputError for a folder that is no project, UsageError outside of Git.
    """
    chosen = [find_project(folder) for folder in folders]
    return chosen or all_projects(git_root(Project(Path.cwd())).resolve())


def folder_of(change: Change, project: Project) -> str:
    """Return the project's folder as records name it."""
    return project.root.relative_to(change.root).as_posix()


def touched(change: Change) -> list[Project]:
    """Return the projects whose own files, or whatever their stages read or write, the change touches."""
    return [project for project in all_projects(change.root) if _is_touched(change, project)]


def _is_sayable(folder: str) -> bool:
    """Return whether a record may name this folder."""
    try:
        _FOLDERS.validate_python(folder)
    except ValidationError:
        return False
    return True


def _is_touched(change: Change, project: Project) -> bool:
    own = {(project.root / name).relative_to(change.root).as_posix() for name in _OWN}
    own |= {f"{folder}/.dvc/config" if folder != "." else ".dvc/config" for folder in _folders(change, project)}
    if any(_lies_in(path, own) for path in change.paths):
        return True
    try:
        used = _used(change, project)
    except Exception as error:  # noqa: BLE001 - DVC's own, for a flow that it cannot read: then its run says so
        logger.warning("DVC cannot read the flow of %s: %s", folder_of(change, project), error)
        return True
    return any(_lies_in(path, used) for path in change.paths)


def _used(change: Change, project: Project) -> set[str]:
    """Return what the stages of a project read and write, from the root of the repository."""
    with open_repo(project) as repo:
        stages = [stage for stage in repo.index.stages if Path(stage.path).parent == project.root]
        paths = {Path(each.fs_path) for stage in stages for each in (*stage.deps, *stage.outs)}
    return {path.relative_to(change.root).as_posix() for path in paths if path.is_relative_to(change.root)}


def _folders(change: Change, project: Project) -> list[str]:
    inner = project.root.relative_to(change.root)
    return [inner.as_posix(), *(each.as_posix() for each in inner.parents)]


def _lies_in(path: str, places: set[str]) -> bool:
    return any(path == place or path.startswith(f"{place}/") for place in places)


def _names(listed: bytes) -> list[str]:
    return [name for name in listed.decode("utf-8", "surrogateescape").split("\0") if name]
