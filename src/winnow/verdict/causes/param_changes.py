"""What differs between the params files of both sides, key by key."""

import io
import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from winnow.errors import InputError
from winnow.project import PARAMS, Project
from winnow.repository.dvc import load_yaml
from winnow.verdict.causes.sources import Read
from winnow.verdict.record.context import KeyChange

MAX_VALUE_CHARS = 200
"""A longer value (a list of a thousand weights, say) is cut."""

Params = dict[str, dict[str, Any]]
"""File -> content, nested as the file is; without the files that a side does not have."""


def load_params_files(project: Project, names: Iterable[str], read: Read, side: str) -> Params:
    """Return the content of `params.yaml` and of the files `names` on one side.

    Files that are no YAML, JSON or TOML (DVC reads Python too) are left out. Raises InputError, which names `side`,
    for a file that cannot be read.
    """
    found = {}
    for name in dict.fromkeys([PARAMS, *names]):
        content = read(project.root / name) if name.endswith((".yaml", ".yml", ".json", ".toml")) else None
        if content is not None:
            found[name] = _parse(content, name, f"{side}: {name}")
    return found


def compare_params(base: Params, head: Params) -> list[KeyChange]:
    """Return the keys whose values differ, in the order of the head's files; keys that went come last in theirs.

    Keys are dotted; those of another file than `params.yaml` carry its name in front, as DVC prints them.
    """
    return [
        KeyChange(key=full_name(name, key), base=before, head=after)
        for name in dict.fromkeys([*head, *base])
        for key, before, after in _compare(flatten(base.get(name, {})), flatten(head.get(name, {})))
    ]


def full_name(file: str, key: str) -> str:
    """Return a key as it is printed: the file in front unless it is `params.yaml`."""
    return key if file == PARAMS else f"{file}:{key}"


def differing_keys(base: Mapping[str, Any], head: Mapping[str, Any]) -> list[str]:
    """Return the dotted keys whose values differ between two nested mappings."""
    return [key for key, _, _ in _compare(flatten(base), flatten(head))]


def flatten(content: Mapping[str, Any]) -> dict[str, str]:
    """Return every leaf by its dotted key, as YAML on one line; an empty mapping and a list are leaves."""
    return {key: _as_yaml(value) for key, value in _leaves(content, "")}


def look_up(content: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return `{key: value}` for a dotted key of a nested mapping; empty where there is none."""
    place: Any = content
    for step in key.split("."):
        if isinstance(place, list) and step.isdecimal() and int(step) < len(place):
            place = place[int(step)]
        elif isinstance(place, Mapping) and step in place:
            place = place[step]
        else:
            return {}
    return {key: place}


def _compare(base: dict[str, str], head: dict[str, str]) -> Iterator[tuple[str, str | None, str | None]]:
    for key in dict.fromkeys([*head, *base]):
        before, after = base.get(key), head.get(key)
        if before != after:
            yield key, _cut(before), _cut(after)


def _leaves(content: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, value in content.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _as_yaml(value: Any) -> str:
    return _scalar(repr(value), value) if isinstance(value, str | int | float | None) else _dumped(value)


# Both sides of a comparison have nearly the same values. By their texts: 1 is True, and 0.0 is -0.0.
@lru_cache(maxsize=1024)
def _scalar(_: str, value: Any) -> str:
    return _dumped(value)


def _dumped(value: Any) -> str:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = True
    yaml.width = 1 << 20
    yaml.allow_unicode = True
    stream = io.StringIO()
    try:
        yaml.dump(value, stream)
    except YAMLError:
        return str(value)  # a time of day in TOML
    return stream.getvalue().removesuffix("...\n").strip()


def _cut(text: str | None) -> str | None:
    return text if text is None or len(text) <= MAX_VALUE_CHARS else f"{text[: MAX_VALUE_CHARS - 1]}\u2026"


def _parse(content: bytes, name: str, source: str) -> dict[str, Any]:
    if name.endswith((".yaml", ".yml")):
        return load_yaml(content, source) if content.strip() else {}
    try:
        text = content.decode("utf-8-sig")
        loaded = json.loads(text) if name.endswith(".json") else tomllib.loads(text)
    except ValueError as error:
        raise InputError(f"{source} cannot be read: {error}", hint="mend it, or take it from Git") from None
    if not isinstance(loaded, dict):
        raise InputError(f"{source}: expected keys and values, got {type(loaded).__name__}", hint="take it from Git")
    return loaded
