"""The payload of a hosted registry's webhook, as Weights & Biases' automations send it to GitHub, in our words.

Their template has `artifact_collection_name`, `artifact_version_string` (`ENTITY/PROJECT/COLLECTION:ALIAS`) and keys
that say nothing to us (`artifact_version` is an address there, `event_author` a person). A collection is a model. Their
counter (`v3`) counts uploads there and names no version here: a version is said by an alias, or by a key of its own.
"""

import re
from collections.abc import Mapping
from typing import Any

from winnow.errors import UsageError
from winnow.markup.blocks import printable
from winnow.registry.names import require_version

MAX_CHARS = 300
_VERSION_STRING = re.compile(r"(?:[^/:\s]+/){0,2}(?P<collection>[^/:\s]+):(?P<alias>[^/:\s]+)")
_BARE = re.compile(r"\d+\.\d+\.\d+\S*")
_READ = ("name", "version", "stage", "artifact_collection_name", "artifact_version_string")
_ADD = (
    "let the automation wait for an alias such as v1.2.0 (then `artifact_version_string` ends with it), or add "
    '"version": "v1.2.0" to client_payload: docs/registry.md'
)


def read_payload(payload: Mapping[str, Any]) -> tuple[str, str]:
    """Return name and version that a payload asks for; other keys are passed over.

    Raises UsageError for a payload that says neither, contradicts itself, or asks for another stage than staging.
    """
    said = {key: _text(key, payload[key]) for key in _READ if payload.get(key) not in (None, "")}
    if said.get("stage", "staging") != "staging":
        raise UsageError(
            f"expected a model for staging, got one for {printable(said['stage'], 40)!r}",
            hint="a webhook stages a model; production is for a person: the workflow `registry`, or winnow promote",
        )
    found = _VERSION_STRING.fullmatch(said.get("artifact_version_string", ""))
    if "artifact_version_string" in said and found is None:
        raise UsageError("artifact_version_string is not ENTITY/PROJECT/COLLECTION:ALIAS", hint=_ADD)
    collection, alias = (found["collection"], found["alias"]) if found else ("", "")
    name = _one("a model's name", said.get("name", ""), said.get("artifact_collection_name", ""), collection)
    version = _one("a version", *map(_version, (said.get("version", ""), alias)))
    if not name:
        raise UsageError("the payload names no model", hint='add "artifact_collection_name" to client_payload')
    if not version:
        got = f"only the alias {printable(alias, 40)!r}" if alias else "none"
        raise UsageError(f"expected a version such as v1.2.0 in the payload, got {got}", hint=_ADD)
    return name, require_version(version)


def _text(key: str, value: Any) -> str:
    if not isinstance(value, str) or len(value) > MAX_CHARS or not value.isprintable():
        raise UsageError(f"client_payload.{key}: expected a plain text of at most {MAX_CHARS} signs", hint=_ADD)
    return value


def _version(text: str) -> str:
    """Return a semantic version as we write it; empty for an alias that is none."""
    text = f"v{text}" if _BARE.fullmatch(text) else text
    try:
        return require_version(text)
    except UsageError:
        return ""


def _one(what: str, *said: str) -> str:
    """Return what all who say something say."""
    different = list(dict.fromkeys(each for each in said if each))
    if len(different) > 1:
        named = " and ".join(repr(printable(each, 60)) for each in different)
        raise UsageError(f"the payload names {what} twice: {named}", hint="leave out the one that is wrong")
    return different[0] if different else ""
