"""`dvc.lock` of one side: what each stage was run with, and what came out."""

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from winnow.errors import InputError
from winnow.repository.dvc import load_yaml

LOCK = "dvc.lock"
PIPELINE = "dvc.yaml"


@dataclass(frozen=True)
class Locked:
    """A file or folder as a stage saw it."""

    hash: str
    """MD5, a folder's with `.dir` behind it; another hash where DVC does not know the MD5; empty without any."""

    size: int | None
    """Bytes of the file, or of all files of the folder."""


@dataclass(frozen=True)
class LockedStage:
    """One stage of `dvc.lock`."""

    command: str
    deps: dict[str, Locked]
    params: dict[str, dict[str, Any]]
    """Params file -> key as `dvc.yaml` names it (a section, or dotted) -> value."""
    outs: dict[str, Locked]

    def moved_to(self, folder: str) -> "LockedStage":
        """Return the stage with its paths seen from the folder that holds `folder`, in which it runs."""
        return LockedStage(
            command=self.command,
            deps={within(folder, path): dep for path, dep in self.deps.items()},
            params={within(folder, path): values for path, values in self.params.items()},
            outs={within(folder, path): out for path, out in self.outs.items()},
        )


@dataclass(frozen=True)
class Lock:
    """A whole `dvc.lock`; without stages where there is none."""

    stages: dict[str, LockedStage] = field(default_factory=dict)

    @property
    def outs(self) -> dict[str, Locked]:
        """Everything that a stage wrote, by path."""
        return {path: out for stage in self.stages.values() for path, out in stage.outs.items()}

    def of_pipeline(self, pipeline: Mapping[str, Any]) -> "Lock":
        """Return the stages that `dvc.yaml` (its content) still has, with paths relative to it.

        DVC keeps what it knows of stages that are gone. A stage with `foreach` or `matrix` is recorded once an item:
        `train@small`. Paths are recorded as seen from a stage's `wdir`.
        """
        declared = pipeline.get("stages") or {}
        known = {name: name.partition("@")[0] for name in self.stages}
        return Lock(
            {
                name: self.stages[name].moved_to(working_folder(declared[defined]))
                for name, defined in known.items()
                if defined in declared
            }
        )

    @property
    def params_files(self) -> list[str]:
        """The params files that stages were run with."""
        return list(dict.fromkeys(name for stage in self.stages.values() for name in stage.params))


def parse_lock(content: bytes | None, side: str) -> Lock:
    """Return what the text of a `dvc.lock` holds. Raises InputError, which names `side`, when it is none."""
    try:
        return Lock() if content is None else _parse(content)
    except InputError as error:
        raise InputError(f"{side}: {error.message}", hint=error.hint) from None


@lru_cache(maxsize=8)  # several blocks of a report read the same two files, and YAML is slow
def _parse(content: bytes) -> Lock:
    try:
        stages = load_yaml(content, LOCK).get("stages") or {}
        return Lock({str(name): _parse_stage(entry) for name, entry in stages.items()})
    except (AttributeError, KeyError, TypeError, ValueError):
        raise InputError(f"{LOCK}: expected the stages that DVC ran", hint="take it from Git") from None


def _parse_stage(entry: Mapping[str, Any]) -> LockedStage:
    params = entry.get("params") or {}
    return LockedStage(
        command=command_text(entry.get("cmd")),
        deps=_parse_paths(entry.get("deps")),
        params={str(name): dict(values or {}) for name, values in params.items()},
        outs=_parse_paths(entry.get("outs")),
    )


def _parse_paths(entries: list[Mapping[str, Any]] | None) -> dict[str, Locked]:
    return {str(entry["path"]): Locked(_hash(entry), _size(entry)) for entry in entries or []}


def _hash(entry: Mapping[str, Any]) -> str:
    # Files outside of the repository are known by what their store gives.
    return next((str(entry[name]) for name in ("md5", "etag", "checksum", "version_id") if entry.get(name)), "")


def _size(entry: Mapping[str, Any]) -> int | None:
    return entry["size"] if isinstance(entry.get("size"), int) else None


def working_folder(declared: Any) -> str:
    """Return where a stage, as `dvc.yaml` declares it, runs, seen from `dvc.yaml`."""
    stage = declared.get("do", declared) if isinstance(declared, Mapping) else {}
    return str(stage.get("wdir") or ".") if isinstance(stage, Mapping) else "."


def within(folder: str, path: str) -> str:
    """Return a path that is seen from `folder` as it is seen from where `folder` is; addresses stay."""
    return path if "://" in path else posixpath.normpath(posixpath.join(folder, path))


def command_text(command: Any) -> str:
    """Return a stage's command as one text; `dvc.yaml` may hold a list."""
    return "\n".join(map(str, command)) if isinstance(command, list) else str(command or "")
