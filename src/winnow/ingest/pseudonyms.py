"""Pseudonyms: a group (a patient's name or number) becomes a keyed hash, and file names are left out.

The key makes the hash: without it nobody can try names or numbers one after the other (HMAC-SHA-256, RFC 2104). A
pseudonym begins with four digits that tell keys apart: one patient under two keys would land in two splits.
"""

import hashlib
import hmac
import os
import re

import pyarrow as pa
import pyarrow.compute as pc

from winnow.data.labels import Labels
from winnow.errors import ConfigError, UsageError
from winnow.project import Project

KEY_VARIABLE = "WINNOW_PSEUDONYM_KEY"
MIN_KEY_CHARACTERS = 32

_PSEUDONYM = re.compile("p([0-9a-f]{4})-[0-9a-f]{20}")
_KEY_DIGITS, _DIGITS = 4, 20
_MAKE = 'python -c "import secrets; print(secrets.token_hex(32))" makes one: keep it where you keep passwords'


class Pseudonyms:
    """The pseudonyms of one key."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self.key_id = self._digest("key", "", _KEY_DIGITS)
        """Four hex digits that tell this key from others, and nothing about it."""

    def of(self, group: str) -> str:
        """Return the pseudonym of a group, the same every time; an empty one and a pseudonym of this key stay."""
        known = _PSEUDONYM.fullmatch(group)
        if not group or (known and known[1] == self.key_id):
            return group
        return f"p{self.key_id}-{self._digest('group', group, _DIGITS)}"

    def applied(self, labels: Labels) -> Labels:
        """Return the rows with pseudonyms for groups and with empty names; every other column as it is."""
        groups = labels.table["group"].combine_chunks().dictionary_encode()
        pseudonyms = pa.array([self.of(group) for group in groups.dictionary.to_pylist()], pa.string())
        return without_names(_with_column(labels, "group", pseudonyms.take(groups.indices)))

    def require_own(self, labels: Labels) -> None:
        """Raise UsageError when `labels` has pseudonyms of another key, or names one of these groups in clear."""
        groups = set(pc.unique(labels.table["group"]).to_pylist())
        others = sorted({found[1] for found in map(_PSEUDONYM.fullmatch, groups) if found} - {self.key_id})
        if others:
            raise UsageError(
                f"data/labels.csv has pseudonyms of the key {others[0]}…, this is the key {self.key_id}…",
                hint="use the project's key: under another one the same patient would land in another split",
            )

    def require_apart(self, new: Labels, old: Labels) -> None:
        """Raise UsageError when a group of `new`, pseudonyms already, is in `old` under its own name."""
        known = {self.of(group) for group in in_clear(old)}
        both = known.intersection(pc.unique(new.table["group"]).to_pylist())
        if both:
            raise UsageError(
                f"{len(both)} groups of the source are in data/labels.csv in clear: as pseudonyms they could land in "
                "another split",
                hint="remove those images first (winnow remove), and add them again with --pseudonymous",
            )

    def _digest(self, purpose: str, text: str, digits: int) -> str:
        message = f"winnow {purpose}\0{text}".encode()
        return hmac.new(self._key, message, hashlib.sha256).hexdigest()[:digits]


def read_pseudonyms(project: Project) -> Pseudonyms:
    """Return the pseudonyms of the key in the environment, else of the one in `.winnow/pseudonym.key`.

    Raises ConfigError when there is none, or a short one, which could be guessed.
    """
    source, key = KEY_VARIABLE, os.environ.get(KEY_VARIABLE, "").strip()
    if not key and project.pseudonym_key.is_file():
        source, key = str(project.pseudonym_key), project.pseudonym_key.read_text(encoding="utf-8").strip()
    if not key:
        raise ConfigError(f"expected a key in {KEY_VARIABLE} or in {project.pseudonym_key}, found none", hint=_MAKE)
    if len(key) < MIN_KEY_CHARACTERS:
        raise ConfigError(
            f"expected a key of at least {MIN_KEY_CHARACTERS} characters in {source}, got {len(key)}", hint=_MAKE
        )
    return Pseudonyms(key.encode())


def without_names(labels: Labels) -> Labels:
    """Return the rows with empty names."""
    return _with_column(labels, "name", pa.array([""] * len(labels), pa.string()))


def in_clear(labels: Labels) -> list[str]:
    """Return the groups that are no pseudonyms, whatever their key."""
    groups = pc.unique(labels.table["group"]).to_pylist()
    return [group for group in groups if group and not _PSEUDONYM.fullmatch(group)]


def require_no_mixture(new: Labels, old: Labels) -> None:
    """Raise UsageError when groups of `new` are in clear and some of `old` are pseudonyms: one patient as two."""
    has_pseudonyms = any(map(_PSEUDONYM.fullmatch, pc.unique(old.table["group"]).to_pylist()))
    if has_pseudonyms and in_clear(new):
        raise UsageError(
            "the groups in data/labels.csv are pseudonyms, those of the source are not",
            hint="winnow add --pseudonymous, or `add.pseudonymous: true` in params.yaml for good",
        )


def _with_column(labels: Labels, name: str, values: pa.Array) -> Labels:
    return Labels(labels.table.set_column(labels.table.column_names.index(name), name, values))
