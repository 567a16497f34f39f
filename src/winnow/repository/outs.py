"""The outputs that DVC has of a project: which belong into the remote, which Git holds, and their objects."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from winnow.errors import InputError
from winnow.project import Project, find_project
from winnow.repository.dvc import load_yaml

_FOLDER = ".dir"
_MD5 = re.compile(r"[0-9a-f]{32}(\.dir)?")
_DEPTH = "expected a plain list of stages, got one that is nested too deep"


@dataclass(frozen=True)
class Out:
    """One output of a stage or of a `.dvc` file."""

    path: Path
    md5: str
    """Of the recorded object; a folder's ends in `.dir`. Empty where nothing is recorded."""
    is_in_git: bool
    """`cache: false`."""
    is_pushed: bool
    """Unless `push: false`, or Git holds it."""
    of_stage: bool
    """Made by a stage, not tracked by a `.dvc` file."""
    remote: str | None
    """Another remote than the default one."""
    hash_name: str
    """`md5`, or what DVC 2 recorded."""


def find_outs(repo: Any, project: Project) -> list[Out]:
    """Return the outputs of one project, as an open `dvc.repo.Repo` knows them now.

    Outputs of another project in a subfolder are not its own.
    """
    return [
        Out(
            Path(out.fs_path),
            str(out.hash_info.value or "") if out.hash_info else "",
            is_in_git=not out.use_cache,
            is_pushed=bool(out.use_cache and out.can_push),
            of_stage=not out.stage.is_data_source,
            remote=out.remote,
            hash_name=str(out.hash_info.name if out.hash_info else "md5"),
        )
        for out in repo.index.outs
        if is_own(project, out.stage.path)
    ]


def is_own(project: Project, path: str) -> bool:
    """Return whether a `dvc.yaml` or `.dvc` file belongs to this project, not to one in a subfolder or around it."""
    return find_project(Path(path).parent).root == project.root.resolve()


def md5s_of_lock(content: bytes, source: str) -> set[str]:
    """Return the objects that the stages of a `dvc.lock` made. Raises InputError when it is none."""
    try:
        stages = load_yaml(content, source).get("stages")
    except RecursionError:
        raise InputError(f"{source}: {_DEPTH}", hint="take it from Git") from None
    outs = (
        out
        for stage in (stages.values() if isinstance(stages, Mapping) else ())
        if isinstance(stage, Mapping) and isinstance(stage.get("outs"), list)
        for out in stage["outs"]
    )
    md5s = (out.get("md5") for out in outs if isinstance(out, Mapping))
    return {md5 for md5 in md5s if isinstance(md5, str) and _MD5.fullmatch(md5)}


def parse_folder(content: bytes, what: str) -> dict[str, str]:
    """Return the files in DVC's list of a folder: path below it -> MD5. Raises InputError when it is none."""
    try:
        listed = {str(entry["relpath"]): str(entry["md5"]) for entry in json.loads(content)}
    except (ValueError, KeyError, TypeError, RecursionError):
        listed = {"": ""}
    if not all(name and _MD5.fullmatch(md5) and not md5.endswith(_FOLDER) for name, md5 in listed.items()):
        raise InputError(f"{what}: expected DVC's list of a folder, got something else", hint="take it from Git")
    return listed


def is_folder(md5: str) -> bool:
    """Return whether an object lists the files of a folder."""
    return md5.endswith(_FOLDER)


def files_first(md5s: Iterable[str]) -> list[str]:
    """Return objects in the order to store them: no list of a folder is ever there without its files."""
    return sorted(md5s, key=lambda md5: (is_folder(md5), md5))


def here(cache: Path, md5s: set[str]) -> Iterator[str]:
    """Yield these objects and, of folders, the files that the cache's own lists name."""
    for md5 in sorted(md5s):
        yield md5
        path = object_path(cache, md5)
        if is_folder(md5) and path.is_file():
            yield from parse_folder(path.read_bytes(), f"the object {md5}").values()


def object_path(cache: Path, md5: str) -> Path:
    """Return where a cache, or a folder laid out as one, keeps an object."""
    return cache / md5[:2] / md5[2:]
