"""The files of a model at a commit, as DVC recorded them: what is registered, and what is pulled."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from winnow.attestation import FileSum, is_inside, sum_of
from winnow.errors import InputError
from winnow.files import write_bytes
from winnow.project import Project
from winnow.registry.entry import PARTS
from winnow.registry.names import Address
from winnow.repository.dvc import load_yaml
from winnow.repository.git import git_root, read_at
from winnow.repository.listings import Objects, open_objects
from winnow.repository.outputs import list_folder_at

_HINT = "`dvc push` where the model was trained brings it into the remote"


def model_parts(project: Project, commit: str) -> dict[str, str]:
    """Return the files of the model of a commit: path below `models/` -> MD5. Raises InputError without a bundle."""
    found = {}
    for part in PARTS:
        for name, md5 in list_folder_at(project, commit, project.bundle.with_name(part)).items():
            if not is_inside(name):
                raise InputError(f"expected a file of the model, got {name!r}", hint=_HINT)
            found[f"{part}/{name}"] = md5
    if not any(name.startswith(f"{PARTS[0]}/") for name in found):
        raise InputError(
            f"dvc.lock of {commit[:12]} records no folder {PARTS[0]}",
            hint="`dvc repro`, then commit dvc.lock: what is registered is what DVC made",
        )
    return found


def sum_model(project: Project, commit: str) -> dict[str, FileSum]:
    """Return the sums of the model of a commit, from DVC's cache or remote, never from what lies in the work tree."""
    with TemporaryDirectory(prefix="winnow-") as folder:
        return {name: sum_of(path) for name, path in _fetched(project, commit, Path(folder))}


def fetch_model(project: Project, commit: str, folder: Path) -> None:
    """Write the model of a commit into an empty folder; errors as `model_parts`, InputError for what nobody has."""
    for _ in _fetched(project, commit, folder):
        pass


def _fetched(project: Project, commit: str, folder: Path) -> Iterator[tuple[str, Path]]:
    parts = model_parts(project, commit)
    with open_objects(project) as objects:
        for name, md5 in sorted(parts.items()):
            path = folder / name
            write_bytes(path, _read(objects, md5, f"{name} of {commit[:12]}"))
            yield name, path


def _read(objects: Objects, md5: str, what: str) -> bytes:
    try:
        return objects.read(md5, what)
    except InputError as error:
        raise InputError(error.message, hint=_HINT) from None


def project_of(near: Project, commit: str, address: Address) -> Project:
    """Return the project whose model has that name, by `artifacts:` in the `dvc.yaml` of a commit.

    Raises InputError when there is none, or when the model does not lie where winnow keeps it.
    """
    folder, _, name = address.artifact.rpartition(":")
    root = git_root(near)
    if folder and not is_inside(folder):
        raise InputError(f"expected a folder of the repository before `:`, got {folder!r}", hint="NAME as in the tag")
    project = Project(root / folder) if folder else Project(root)
    content = read_at(Project(root), commit, project.root / "dvc.yaml")
    artifacts = (load_yaml(content, "dvc.yaml").get("artifacts") if content else None) or {}
    entry = artifacts.get(name) if isinstance(artifacts, dict) else None
    path = entry.get("path") if isinstance(entry, dict) else None
    expected = project.bundle.relative_to(project.root).as_posix()
    if path is None or PurePosixPath(str(path)).as_posix() != expected:
        raise InputError(
            f"expected `artifacts:` of dvc.yaml to say that {name} is {expected}, got {path or 'nothing'}",
            hint=f"artifacts:\n  {name}:\n    path: {expected}\n    type: model",
        )
    return project
