"""Which stages `dvc.lock` records with other inputs than today's files: what they wrote is out of date.

Most is known from a few hashes, without DVC and without data: files, `.dvc` files, outputs of other stages, params,
and folders of code as Git lists them. DVC itself is asked only about folders for which that gives another hash, for it
alone knows what `.dvcignore` leaves out.
"""

import json
import os
import posixpath
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from winnow.errors import InputError
from winnow.project import Project
from winnow.repository.dvc import call_dvc, listing_md5, load_yaml, md5_file
from winnow.repository.git import call_git
from winnow.verdict.causes.lock_file import LOCK, Lock, LockedStage, command_text, within, working_folder
from winnow.verdict.causes.param_changes import Params, differing_keys, full_name, look_up

_LIST = ("ls-files", "-z", "--cached", "--others", "--exclude-standard")

Judge = Callable[[str, str], bool | None]
"""Path and recorded hash of a dependency -> whether it is still the same; None when that cannot be known."""


def stale_stages(project: Project, lock: Lock, pipeline: Mapping[str, Any], params: Params) -> dict[str, list[str]]:
    """Return the stages that are out of date, each with the inputs that differ, by name.

    `lock`, `pipeline` (the content of `dvc.yaml`, empty without one) and `params` are the working tree's. A stage of
    `dvc.yaml` that never ran is out of date for the reason `dvc.lock`.
    """
    declared = pipeline.get("stages") or {}
    judge = _judge(project, lock)
    found: dict[str, list[str]] = {name: [LOCK] for name in declared if not _has_run(name, lock)}
    unknown: dict[str, list[str]] = {}
    for name, stage in lock.stages.items():
        verdicts = {path: judge(path, dep.hash) for path, dep in stage.deps.items()}
        reasons = [path for path, is_same in verdicts.items() if is_same is False]
        reasons += _new_dependencies(declared.get(name), stage, pipeline)
        reasons += _differing_params(stage, params)
        reasons += ["cmd"] if _has_another_command(declared.get(name), stage) else []
        found |= {name: reasons} if reasons else {}
        unknown |= {name: folders} if (folders := [path for path, same in verdicts.items() if same is None]) else {}
    for name, folders in _ask_dvc(project, unknown).items():
        found[name] = [*found.get(name, []), *folders]
    return found


def _has_run(name: str, lock: Lock) -> bool:
    # A stage with `foreach` or `matrix` is recorded once an item: `train@small`.
    return any(recorded.partition("@")[0] == name for recorded in lock.stages)


def _judge(project: Project, lock: Lock) -> Judge:
    outs = lock.outs

    @cache
    def current(path: str) -> str | None:
        return _current_hash(project, path)

    def judge(path: str, recorded: str) -> bool | None:
        if path in outs:  # what another stage wrote: that stage's inputs tell whether it is out of date
            return outs[path].hash == recorded
        if "://" in path or not recorded:
            return None
        now = current(path)
        if now is None:  # data that is only elsewhere may be the same
            return None if call_git(project, "check-ignore", "--quiet", "--", path).returncode == 0 else False
        # The hash of a folder proves that it is the same; another one may be due to files that DVC ignores.
        is_listed = recorded.endswith(".dir") and not project.root.joinpath(f"{path}.dvc").is_file()
        return True if now == recorded else None if is_listed else False

    return judge


def _current_hash(project: Project, path: str) -> str | None:
    """Return the MD5 that DVC would give today; None for what does not exist."""
    place = project.root / path
    pointer = place.with_name(f"{place.name}.dvc")
    if pointer.is_file():  # before the data itself, which may be large, or elsewhere
        try:
            return str(load_yaml(pointer.read_bytes(), path)["outs"][0]["md5"])
        except (InputError, KeyError, IndexError, TypeError):
            return None
    if place.is_file():
        return md5_file(place)
    return _folder_hash(project, path) if place.is_dir() else None


def _folder_hash(project: Project, path: str) -> str:
    """Return the MD5 of a folder's listing, of the files that Git tracks or would track."""
    done = call_git(project, "--literal-pathspecs", *_LIST, "--", path)
    names = {os.fsdecode(name) for name in done.stdout.split(b"\0") if name}
    files = {posixpath.relpath(name, path): project.root / name for name in names}
    return listing_md5({name: md5_file(file) for name, file in files.items() if file.is_file()})


def _new_dependencies(declared: Any, stage: LockedStage, pipeline: Mapping[str, Any]) -> list[str]:
    """Return dependencies in `dvc.yaml` that the stage was not run with; those of templates are passed over."""
    if not isinstance(declared, Mapping) or not isinstance(declared.get("deps"), list):
        return []
    folder = working_folder(declared)
    names = [within(folder, _fill_in(str(name), pipeline.get("vars"))) for name in declared["deps"]]
    return [name for name in names if "${" not in name and name not in stage.deps]


def _fill_in(name: str, variables: Any) -> str:
    for entry in variables if isinstance(variables, list) else ():
        for key, value in entry.items() if isinstance(entry, Mapping) else ():
            name = name.replace(f"${{{key}}}", str(value))
    return name


def _differing_params(stage: LockedStage, params: Params) -> list[str]:
    """Return the dotted keys of the stage whose recorded values are not today's."""
    return [
        full_name(file, key)
        for file, values in stage.params.items()
        if file in params
        for name, value in values.items()
        for key in differing_keys({name: value}, look_up(params[file], name))
    ]


def _has_another_command(declared: Any, stage: LockedStage) -> bool:
    command = command_text(declared.get("cmd")) if isinstance(declared, Mapping) else ""
    return bool(command) and "${" not in command and command != stage.command


def _ask_dvc(project: Project, unknown: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """Return those of the folders, by stage, that DVC calls modified; nothing where it cannot tell."""
    if not unknown or not _lies_in_dvc(project.root):
        return {}
    done = call_dvc(project, "status", "--json", "--", *unknown)
    try:
        status = json.loads(done.stdout)
        return {
            name: changed
            for name, folders in unknown.items()
            if (changed := [folder for folder in folders if _is_modified(status.get(name, []), folder)])
        }
    except (ValueError, AttributeError):
        return {}


def _is_modified(entries: Iterable[Any], folder: str) -> bool:
    """Return whether one stage's part of `dvc status --json` says so; a folder that is not here is unknown still."""
    found = (entry["changed deps"] for entry in entries if isinstance(entry, Mapping) and "changed deps" in entry)
    return any(changed.get(folder) == "modified" for changed in found)


def _lies_in_dvc(root: Path) -> bool:
    return any((folder / ".dvc").is_dir() for folder in (root, *root.parents))
