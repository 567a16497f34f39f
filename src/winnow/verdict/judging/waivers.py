"""`waivers.yaml`: failed gates that a branch answers for, each with a reason and a name.

A waiver counts on the branch that adds it. Once merged it stays in the file as a record, and waives nothing more: the
next failure needs words of its own.
"""

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from winnow.errors import InputError
from winnow.logs import logger
from winnow.verdict.record.context import Waiver

_HINT = "write a list of `- {gate: primary, reason: why, by: who}` (docs/report.md)"

Text = Annotated[str, Field(min_length=1, max_length=1000, pattern=r"\S")]


class Entry(BaseModel):
    """One entry of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    gate: Text
    """The id of a gate, as the report prints it."""
    reason: Text
    by: Text
    """Who answers for it."""


def read_waivers(path: Path, at_base: str | None) -> dict[str, Waiver]:
    """Return the waivers, by gate id, that `path` holds and `at_base`, the file's text at the base, does not.

    Nothing where there is no file. Raises InputError, with line and entry, for what is no list of waivers, and for two
    new ones of one gate.
    """
    if not path.is_file():
        return {}
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path.name} is not UTF-8: {error}", hint=_HINT) from None
    entries = _entries(text, path.name)
    known = _entries_at_base(path.name, at_base)
    if known is None:
        logger.warning("%s of the base cannot be read: no entry counts, for none can be told to be new", path.name)
        return {}
    waivers: dict[str, Waiver] = {}
    for entry in entries:
        if entry in known:
            logger.debug("%s: the waiver for `%s` is of an earlier branch", path.name, entry.gate)
        elif entry.gate in waivers:
            raise InputError(f"{path.name}: two new waivers for the gate `{entry.gate}`", hint="keep one")
        else:
            waivers[entry.gate] = Waiver(reason=entry.reason, by=entry.by, source="file")
    return waivers


def _entries_at_base(name: str, text: str | None) -> list[Entry] | None:
    """Return what the base's file holds; an entry of another form is none of today's. None for what is no list."""
    try:
        items = _load(text or "", name)
    except InputError:
        return None
    found = []
    for item in items:
        with contextlib.suppress(ValidationError):
            found.append(_entry(item))
    return found


def _entries(text: str, name: str) -> list[Entry]:
    items = _load(text, name)
    entries = []
    for place, item in enumerate(items):
        try:
            entries.append(_entry(item))
        except ValidationError as error:
            first = error.errors()[0]
            key = "".join(f"`{step}`: " for step in first["loc"])
            message = f"{name}:{_line(items, place)} entry {place + 1}: {key}{first['msg']}"
            raise InputError(message, hint=_HINT) from None
    return entries


def _entry(item: object) -> Entry:
    return Entry.model_validate(dict(item) if isinstance(item, Mapping) else item)


def _line(items: Any, place: int) -> str:
    position = (items.lc.data or {}).get(place)
    return f"{position[0] + 1}:" if position else ""


def _load(text: str, name: str) -> Any:
    """Return the list in the file, which knows its lines; an empty one for an empty file."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        content = YAML(typ="rt", pure=True).load(text)
    except (YAMLError, RecursionError, ValueError) as error:  # a date that there is none is no YAMLError
        raise InputError(f"{name} is not valid YAML: {error}", hint=_HINT) from None
    if content is not None and not isinstance(content, list):
        got = "a mapping" if isinstance(content, Mapping) else type(content).__name__
        raise InputError(f"{name}: expected a list, got {got}", hint=_HINT)
    return content or []
