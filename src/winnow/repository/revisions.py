"""Files of a project as they are and as they were, whether Git tracks them or DVC does."""

from pathlib import Path

from winnow.errors import InputError
from winnow.project import Project
from winnow.repository.dvc import load_yaml
from winnow.repository.git import read_at
from winnow.repository.listings import read_object


def read_tracked_at(project: Project, commit: str, path: Path) -> bytes | None:
    """Return a file as it was in `commit` (what `resolve` returned), None when nobody tracked it there.

    What Git held comes from Git. Where DVC tracked the file, Git held `<path>.dvc`, which names an object of the
    cache or the remote. Raises InputError when neither has the object.
    """
    content = read_at(project, commit, path)
    pointer = None if content is not None else read_at(project, commit, _pointer(path))
    return content if pointer is None else _read_pointed(project, pointer, f"{path.name} of {commit[:12]}")


def read_tracked(project: Project, path: Path) -> bytes | None:
    """Return a file as it is, None when there is none; errors as `read_tracked_at`.

    On a clone where DVC has not yet checked the file out, it comes from the cache or the remote.
    """
    if path.is_file():
        return path.read_bytes()
    pointer = _pointer(path)
    return _read_pointed(project, pointer.read_bytes(), path.name) if pointer.is_file() else None


def _pointer(path: Path) -> Path:
    return path.with_name(f"{path.name}.dvc")


def _read_pointed(project: Project, pointer: bytes, what: str) -> bytes:
    try:
        md5 = str(load_yaml(pointer, f"{what}: its .dvc file")["outs"][0]["md5"])
    except (KeyError, IndexError, TypeError):
        raise InputError(
            f"{what}: expected a .dvc file that names an object by its md5", hint="take it from Git"
        ) from None
    return read_object(project, md5, what)
